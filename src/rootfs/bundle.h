// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "image/layer_watch.h"
#include "rootfs/component.h"
#include "store/resolve.h"
#include "store/store.h"

namespace coracle {

/// A file that stands in a bundle beside the image's own.
struct BundleFile {
    std::string name;
    std::string content;
};

/// What a bundle component is made of.
struct BundleParts {
    std::string location; ///< "services[0]"
    std::string title;
    std::string source; ///< for the provenance: the image's full name
    TreePath directory; ///< "containers/services/redis"
    /// Where the image's files go, below `directory`: "rootfs" or "lower"; "" = they are elsewhere.
    std::string files_in;
    bool system_rules = false; ///< a volume's image follows the rules of ImageUse::system
    std::vector<BundleFile> files = {};
    std::vector<std::string> directories = {}; ///< empty ones to make, below `directory`
    std::string directories_source = {};       ///< their provenance, where it is another
    std::set<TreePath> without = {};           ///< full paths that `files` of the YAML replaces
    uint32_t first_id = 0;                     ///< see Prefix
    int64_t time = 0;
    LayerReading reading = {};
};

/// A container with its configuration, or a volume: an image's files under a directory of their
/// own.
class BundleComponent : public Component {
public:
    /// `image` may be nullptr: a volume without one. Both must outlive the component.
    BundleComponent(const Store& store, const ResolvedImage* image, BundleParts parts);
    void emit(EntrySink& sink) const override;
    uint64_t weight() const override;

    const TreePath& directory() const { return parts_.directory; }
    const PaxList& provenance() const { return provenance_; }
    /// The headers of all that emit() gives below directory().
    std::vector<Entry> headers() const;

private:
    std::string make_key() const;

    const Store& store_;
    const ResolvedImage* image_;
    BundleParts parts_;
    PaxList provenance_;
    PaxList directories_provenance_;
};

} // namespace coracle
