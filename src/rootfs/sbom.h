// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/tree_path.h"
#include "rootfs/component.h"
#include "rootfs/package_database.h"
#include "store/resolve.h"
#include "store/store.h"

namespace coracle {

/// An image in the system and where its files are.
struct SbomImage {
    const ResolvedImage* image;
    TreePath directory;
};

enum class SbomFormat { spdx, cyclonedx };

/// Gives the text that was made under this key before, in this build or another, or makes it.
using Remember =
    std::function<std::string(const std::string& key, const std::function<std::string()>& make)>;

struct SbomOptions {
    std::string name; ///< the file's name in the root
    SbomFormat format = SbomFormat::spdx;
    int64_t time = 0;         ///< its mtime
    std::string created = {}; ///< RFC 3339; "" = `time`
    LayerReading reading = {};
    PackageNotes* notes = nullptr; ///< what other components saw of the layers
    Remember remember = {};        ///< what was found in an image; without it nothing is remembered
};

/// The SPDX 2.3 documents attached to the images, joined into one; for an image without, one made
/// from its package database. File names get the directory of the image put before them, and
/// identifiers that two documents share are kept apart.
nlohmann::ordered_json join_sboms(const Store& store, const std::vector<SbomImage>& images,
                                  const SbomOptions& options);

/// The packages of an SPDX 2.3 document as a CycloneDX 1.5 document.
nlohmann::ordered_json to_cyclonedx(const nlohmann::ordered_json& spdx);

/// The joined document as a file of the root.
class SbomComponent : public Component {
public:
    /// `store` and the images must outlive it. Nothing but digests is looked at before emit().
    SbomComponent(const Store& store, std::vector<SbomImage> images, SbomOptions options);
    void emit(EntrySink& sink) const override;
    bool comes_last() const override { return true; }

private:
    const Store& store_;
    std::vector<SbomImage> images_;
    SbomOptions options_;
};

} // namespace coracle
