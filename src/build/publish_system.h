// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/progress.h"
#include "oci/reference.h"
#include "registry/options.h"
#include "registry/push.h"

namespace coracle {

/// How a built system is brought to a registry.
struct PublishOptions {
    std::vector<std::string> outputs; ///< see find_outputs()
    Reference remote;
    std::string sbom = {}; ///< a file with the bill of materials; "" = read from the outputs
    std::string lock = {}; ///< the lock file of the build; "" = none: its provenance says less
    bool replace = false;  ///< a tag that means something else already is moved
};

/// Brings the files of a build to a registry as an artifact; its bill of materials, where it is
/// given, or one of the files has it and can be looked into, and its provenance become referrers of
/// it. The tag is
/// set last. The same files give the same artifact.
Pushed publish_system(const PublishOptions& publish_options, const RegistryOptions& options,
                      Reporter& reporter);

} // namespace coracle
