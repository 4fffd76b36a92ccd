// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "image/layer_watch.h"
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

/// The installed packages of a dpkg status file (deb-control fields; Status must say "installed"
/// where it is there).
std::vector<InstalledPackage> parse_dpkg_status(std::string_view text);

/// The packages of an apk installed database ("P:", "V:", "A:", "L:", "o:" lines).
std::vector<InstalledPackage> parse_apk_database(std::string_view text);

/// The package databases in the layers that were read so far.
class PackageNotes : public LayerWatch {
public:
    bool wants(const Entry& entry) const override;
    void saw(const Digest& layer, std::vector<Seen> seen) override;
    /// What was seen of this layer; nullopt when it was not read.
    std::optional<std::vector<Seen>> of(const Digest& layer) const;

private:
    mutable Guarded<std::map<Digest, std::vector<Seen>>> layers_;
};

/// The packages in an image: of var/lib/dpkg/status, var/lib/dpkg/status.d/*, lib/apk/db/installed
/// and usr/lib/apk/db/installed as its upper layers leave them. Sorted, each once. Reads only
/// layers that are not in `notes`. Databases over 64 MiB are refused.
std::vector<InstalledPackage> installed_packages(const Store& store,
                                                 const std::vector<Descriptor>& layers,
                                                 const LayerReading& reading, PackageNotes& notes);

} // namespace coracle
