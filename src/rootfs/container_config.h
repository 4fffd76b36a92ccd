// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "spec/spec.h"

namespace coracle {

/// What an image's OCI config says about running it. The user is not used: a container runs as root
/// unless its entry or label says otherwise.
struct ImageDefaults {
    std::vector<std::string> entrypoint = {};
    std::vector<std::string> cmd = {};
    std::vector<std::string> env = {};
    std::string working_dir = {};
    std::string user = {};
    std::map<std::string, std::string> labels = {};
    std::string architecture = {}; ///< "amd64"; chooses what the default seccomp profile speaks of
};

/// Container names and the uid and gid each may be called by.
using IdMap = std::map<std::string, uint32_t>;

/// Every onboot, then onshutdown, then services entry gets the next id, from 100.
IdMap make_ids(const Spec& spec);

/// The number an id stands for; absent, "" and "root" are 0. Throws "cannot find id: NAME".
uint32_t resolve_id(const std::optional<Id>& id, const IdMap& ids);

/// Volume names and whether each is read-only.
using VolumeMap = std::map<std::string, bool>;
VolumeMap make_volumes(const Spec& spec);

/// Where a container's files lie in the built system.
struct RootLayout {
    std::string bundle = {}; ///< "/containers/services/redis"
    /// Directory that holds the image's files: BUNDLE/rootfs (read-only), BUNDLE/lower, or that of
    /// the first container with the same image. "" = this bundle's own.
    std::string files = {};
};

struct ContainerInput {
    const ImageEntry& entry;
    const ImageDefaults& image;
    const IdMap& ids;
    const VolumeMap& volumes;
    RootLayout layout;
    /// Spec::sources, to show lines in errors.
    const std::vector<SpecSource>* sources = nullptr;
    /// The JSON of the profile when the entry's `seccomp` is a path, see seccomp_path().
    std::string seccomp_profile = {};
};

/// Where the seccomp profile of an entry lies, the YAML file's directory put before it; nullopt
/// when the entry asks for none that is a file.
std::optional<std::string> seccomp_path(const ImageEntry& entry);

/// What a container may do, for summaries and checks.
struct ContainerConfig {
    std::string config_json = {};  ///< OCI runtime config.json
    std::string runtime_json = {}; ///< what the guest does around it
    bool readonly = false;
    std::vector<std::string> capabilities = {};          ///< effective
    std::vector<std::string> binds = {};                 ///< "SOURCE:DESTINATION:OPTIONS"
    std::vector<std::string> capabilities_of_label = {}; ///< those that only the label asks for
    std::vector<std::string> binds_of_label = {};
    std::vector<std::string> devices_of_label = {}; ///< paths
    std::vector<std::string> warnings = {};         ///< e.g. that there is nothing to run
};

/// The entry on top of its image's label. Throws Diagnostics when the label is not valid.
ImageEntry effective_entry(const ImageEntry& entry, const ImageDefaults& image);

/// `userns: auto` gives each container this many ids of its own.
inline constexpr uint32_t ids_per_container = 65536;

/// The first of a container's own ids on the outside, for `userns: auto`; else 0. Its files belong
/// to that range, so that its root owns them.
uint32_t first_private_id(const ImageEntry& entry, const ImageDefaults& image, const IdMap& ids);

/// Whether the root is read-only by entry and label: decides where the image's files go.
bool is_readonly(const ImageEntry& entry, const ImageDefaults& image);

/// Throws Error with what is wrong, e.g. "volume v is read-only, but ...".
ContainerConfig make_container_config(const ContainerInput& input);

} // namespace coracle
