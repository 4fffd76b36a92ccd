// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "image/merged_image.h"
#include "rootfs/bundle.h"
#include "rootfs/component.h"
#include "rootfs/files.h"
#include "rootfs/kernel.h"
#include "rootfs/skeleton.h"

namespace coracle {

/// What lies on `/` itself, laid over each other: the kernel's modules, the init images, the joined
/// package database, and the YAML's files.
struct RootTreeParts {
    const Kernel* kernel = nullptr; ///< with modules, or nullptr
    std::vector<const ResolvedImage*> init = {};
    std::vector<FileItem> files = {};
    const Skeleton* skeleton = nullptr;
    /// What other components bring: taken out, with all below, of what the images bring.
    std::vector<TreePath> foreign = {};
    /// The bundles that some of the files go into.
    std::vector<const BundleComponent*> entered = {};
    int64_t time = 0;
    LayerReading reading = {};
};

/// Decides which of these brings each path, so that none comes twice. Images are read when the
/// first of its components is emitted. Safe to use from many threads.
class RootTree {
public:
    RootTree(const Store& store, RootTreeParts parts);
    ~RootTree();

    /// The components: kernel, init images, package database, files, those that there are. They
    /// refer to this tree. The files come last.
    std::vector<std::unique_ptr<Component>> components() const;

private:
    friend class RootTreeComponent;
    struct Layers;
    void emit(size_t layer, EntrySink& sink) const;
    const Layers& layers() const;
    std::unique_ptr<Layers> overlay() const;
    std::string shared_key() const;
    uint64_t weight(size_t layer) const;

    const Store& store_;
    RootTreeParts parts_;
    mutable std::once_flag once_;
    mutable std::unique_ptr<Layers> layers_;
};

} // namespace coracle
