// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "image/limits.h"
#include "oci/platform.h"
#include "rootfs/component.h"
#include "rootfs/container_config.h"
#include "rootfs/images.h"
#include "rootfs/kernel.h"
#include "rootfs/sbom.h"
#include "spec/spec.h"
#include "store/store.h"

namespace coracle {

/// How a root file system is made.
struct RootfsOptions {
    Platform platform;
    int64_t time = 0;                         ///< mtime of what is made, seconds since 1970
    std::string sbom_name = "sbom.spdx.json"; ///< "" = none
    SbomFormat sbom_format = SbomFormat::spdx;
    bool decompress_kernel = false; ///< the kernel in boot/ is unpacked
    std::string sbom_created = {};  ///< RFC 3339; "" = `time`
    LayerLimits limits = {};        ///< what images may hold
    Remember remember = {};         ///< keeps what is slow to find out
    ResolveImage resolve = nullptr; ///< what names of images mean; nullptr = as in the store
};

/// A container of the system, for summaries.
struct Container {
    std::string location; ///< "services[0]"
    std::string name;
    std::string image; ///< full name
    ContainerConfig config;
};

/// A root file system that is described but not yet made: components in the order of the reference
/// (boot files, `/`, volumes, containers, files, SBOM).
class Rootfs {
public:
    /// Reads manifests and configurations, not layers. `store` must outlive it. Image names are
    /// references by now: packages are resolved. Throws for what is missing or contradicts itself.
    Rootfs(const Spec& spec, const Store& store, const RootfsOptions& options);
    ~Rootfs();

    /// All components, the boot files first where there is a kernel.
    const std::vector<std::unique_ptr<Component>>& components() const;
    /// The kernel, or nullptr.
    const Kernel* kernel() const;
    const std::vector<Container>& containers() const;

private:
    struct Plan;
    std::unique_ptr<Plan> plan_;
};

/// The time of generated entries: $SOURCE_DATE_EPOCH, else the one that LinuxKit uses, 1492533000
/// (18 April 2017). Throws when the variable is no number.
int64_t generated_time();

} // namespace coracle
