// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci/reference.h"

namespace coracle {

/// A server that has copies of a registry's images.
struct ConfiguredMirror {
    enum class Use { always, by_digest, by_tag };
    std::string location; ///< takes the place of the prefix: "mirror.example:5000/path"
    bool insecure = false;
    Use use = Use::always;
};

/// What is said about the images whose names begin with a prefix.
struct ConfiguredRegistry {
    std::string prefix;        ///< "quay.io", "quay.io/some", "*.example.com"
    std::string location = {}; ///< takes the place of the prefix; "" = nothing does
    bool insecure = false;     ///< may speak plain HTTP, and its certificate need not be trusted
    bool blocked = false;
    std::vector<ConfiguredMirror> mirrors = {};

    /// How many characters of a name ("quay.io/some/image:1") the prefix takes; nullopt when it is
    /// not for the image. A prefix ends where a part of the name does.
    std::optional<size_t> match(std::string_view name) const;
};

/// Which registries stand for which, as Podman and skopeo are told: containers-registries.conf(5),
/// version 2. Short names and their search ("unqualified-search-registries", "[aliases]",
/// "short-name-mode") have no meaning here: "redis" is docker.io/library/redis.
class RegistriesConf {
public:
    /// Throws Error("'NAME': CAUSE") for what is not TOML, of version 1, or of a wrong type. `name`
    /// names the file.
    static RegistriesConf parse(std::string_view text, const std::string& name);
    /// What is said on this machine: in $CONTAINERS_REGISTRIES_CONF, else in
    /// ~/.config/containers/registries.conf, else in /etc/containers/registries.conf; then in
    /// registries.conf.d/*.conf beside the latter two. What comes later takes the place of what was
    /// said about the same prefix.
    static RegistriesConf of_machine();

    /// What counts for an image: that with the longest prefix.
    const ConfiguredRegistry* find(const Reference& reference) const;
    const std::vector<ConfiguredRegistry>& registries() const { return registries_; }
    void add(RegistriesConf later);

private:
    std::vector<ConfiguredRegistry> registries_;
};

/// The image's name where `location` takes the place of what `registry` matches. Throws when
/// `location` is not the begin of a name.
Reference relocated(const Reference& reference, const ConfiguredRegistry& registry,
                    const std::string& location);

} // namespace coracle
