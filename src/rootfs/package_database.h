// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "image/limits.h"
#include "oci/descriptor.h"
#include "store/store.h"

namespace coracle {

/// A package that is installed in an image, as its database says.
struct InstalledPackage {
    std::string type; ///< "deb" or "apk"
    std::string name;
    std::string version;
    std::string architecture;
    std::string license = {}; ///< "" where the database does not say
    std::string origin = {};  ///< the source package, or ""

    /// "pkg:deb/debian/redis-server@5:8.0.2-3?arch=amd64" (the purl specification).
    std::string purl() const;
    friend auto operator<=>(const InstalledPackage&, const InstalledPackage&) = default;
};

/// The installed packages of a dpkg status file (deb-control fields; Status must say "installed" where
/// it is there).
std::vector<InstalledPackage> parse_dpkg_status(std::string_view text);

/// The packages of an apk installed database ("P:", "V:", "A:", "L:", "o:" lines).
std::vector<InstalledPackage> parse_apk_database(std::string_view text);

/// The packages in an image: of var/lib/dpkg/status, var/lib/dpkg/status.d/*, lib/apk/db/installed and
/// usr/lib/apk/db/installed as its upper layers leave them. Sorted, each once. Reads each layer once.
/// Databases over 64 MiB are refused.
std::vector<InstalledPackage> installed_packages(const Store& store,
                                                 const std::vector<Descriptor>& layers,
                                                 const LayerLimits& limits = {});

} // namespace coracle
