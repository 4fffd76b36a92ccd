// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/progress.h"
#include "build/ensure_images.h"
#include "build/limits.h"
#include "format/format.h"
#include "oci/platform.h"
#include "registry/options.h"
#include "spec/spec.h"

namespace coracle {

/// What a build is asked for.
struct BuildOptions {
    std::vector<std::string> files;   ///< YAML: paths, "-" or URLs, merged from left to right
    std::vector<std::string> formats; ///< none: kernel+initrd
    std::string name = {};            ///< of the outputs; "" = the last file's
    std::string directory = {};       ///< where the outputs go; "" = here
    std::string output = {};          ///< for a streamed format: a path, or "-" for standard output
    std::string cache;                ///< the store's directory
    Platform platform;
    std::optional<InitrdCompression> initrd = {};
    DiskSettings disk = {};
    bool sbom = true;
    std::string sbom_name = "sbom.spdx.json";
    std::string sbom_file = {}; ///< a file that gets the bill of materials too; "" = none
    SbomFormat sbom_format = SbomFormat::spdx;
    bool sbom_current_time = false;
    bool decompress_kernel = false;
    bool strict_linuxkit = false;  ///< refuse what only Coracle has
    bool allow_host_files = false; ///< a YAML from the network may name files of this machine
    bool always_pull = false;      ///< images that the cache has too
    RegistryOptions registry = {};
    std::string verify = {};       ///< a public key or a policy that images must meet; "" = none
    std::string lock = {};         ///< the lock file; "" = none
    std::string remote_cache = {}; ///< "REGISTRY/REPOSITORY" for segments; "" = none
    bool remote_cache_read_only = false;
    /// Whether an image's label may ask for capabilities, binds and devices, as in LinuxKit.
    bool label_privileges = true;
    Limits limits = {};   ///< what YAML files and images may hold
    unsigned threads = 0; ///< 0: one per processor
    Reporter* reporter = &silent_reporter();
};

/// What a build made.
struct BuildResult {
    std::vector<std::pair<std::string, uint64_t>> outputs; ///< path and size in bytes
    std::vector<ComponentResult> components;
    std::vector<Container> containers;
    double seconds = 0;
};

/// Builds. Outputs appear when all are complete, or not at all. An error about a limit says which
/// option raises it.
BuildResult build(const BuildOptions& options);

/// The merged specification as it would be built, its packages not yet resolved: --dry-run.
Spec read_build_spec(const BuildOptions& options);

/// The name of the outputs: as asked for, else the last file's without directory and extension,
/// "image" for standard input.
std::string output_name(const BuildOptions& options);

} // namespace coracle
