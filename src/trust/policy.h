// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "trust/identity.h"
#include "trust/key.h"

namespace coracle {

/// One thing that a policy asks of an image.
struct Requirement {
    enum class Kind {
        accept,
        reject,
        signed_by,   ///< by one of `keys`, for a name that agrees
        unsupported, ///< what nothing here can check: never met
    };
    Kind kind = Kind::reject;
    std::vector<PublicKey> keys = {};
    IdentityMatch identity = {};
    std::string type = {}; ///< as written, of what is unsupported
};

/// Who must have signed which images: a public key for all of them, or a file in the form of
/// containers-policy.json(5), of which the transport "docker" counts.
class Policy {
public:
    /// Every image is signed by one of the keys of a PEM text.
    static Policy of_keys(std::string_view pem, const std::string& name);
    /// `directory`: where the files lie that the policy names with relative paths. Refuses what it
    /// does not know, duplicate keys and scopes that could match no image.
    static Policy parse(std::string_view text, const std::string& name,
                        const std::string& directory = ".");
    /// Either of them from a file, by its content. At most 1 MiB.
    static Policy read(const std::string& path);

    /// All that must be met: those of the most specific scope. Never empty.
    const std::vector<Requirement>& requirements_for(const Reference& reference) const;
    /// Names the policy in errors: "policy 'FILE'".
    const std::string& name() const { return name_; }

private:
    explicit Policy(std::string name) : name_(std::move(name)) {}

    std::string name_;
    std::vector<Requirement> default_;
    std::map<std::string, std::vector<Requirement>> scopes_;
};

} // namespace coracle
