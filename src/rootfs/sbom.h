// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/tree_path.h"
#include "rootfs/component.h"
#include "store/resolve.h"
#include "store/store.h"

namespace coracle {

/// An image in the system and where its files are.
struct SbomImage {
    const ResolvedImage* image;
    TreePath directory;
};

struct SbomOptions {
    std::string name;         ///< the file's name in the root
    int64_t time = 0;         ///< its mtime
    std::string created = {}; ///< RFC 3339; "" = `time`
};

/// The SPDX 2.3 documents attached to the images, joined into one. File names get the directory of the
/// image put before them.
std::string join_sboms(const Store& store, const std::vector<SbomImage>& images,
                       const SbomOptions& options);

/// The joined document as a file of the root.
class SbomComponent : public Component {
public:
    /// Reads the documents at once: they are small.
    SbomComponent(const Store& store, const std::vector<SbomImage>& images,
                  const SbomOptions& options);
    void emit(EntrySink& sink) const override;

private:
    std::string document_;
    SbomOptions options_;
};

} // namespace coracle
