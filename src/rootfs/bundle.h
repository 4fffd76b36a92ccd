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

/// Directories above the bundles ("containers", "containers/services", ...): who makes each, and in
/// whose name. Later components overwrite these when a tar is unpacked, so the last one's name
/// counts.
class Skeleton {
public:
    /// Notes that a component with this provenance lies in `directory`; call in the order of the
    /// components.
    void claim(const TreePath& directory, const PaxList& provenance);
    /// The directories above `directory` and itself that this is the first component to need.
    std::vector<Entry> directories_for(const TreePath& directory, int64_t time) const;
    bool contains(const TreePath& path) const { return owners_.contains(path); }
    /// The directories that belong to one component each.
    std::vector<TreePath> bundles() const;
    const std::map<TreePath, PaxList>& owners() const { return owners_; }

private:
    std::map<TreePath, PaxList> owners_;
    std::map<TreePath, TreePath>
        first_; ///< directory -> the component directory that needs it first
};

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
    /// `image` may be nullptr: a volume without one. Both must outlive the component, as must
    /// `skeleton`, which is complete before emit().
    BundleComponent(const Store& store, const ResolvedImage* image, const Skeleton& skeleton,
                    BundleParts parts);
    void emit(EntrySink& sink) const override;
    uint64_t weight() const override;

    const TreePath& directory() const { return parts_.directory; }
    const PaxList& provenance() const { return provenance_; }
    /// The headers of all that emit() gives below directory().
    std::vector<Entry> headers() const;
    /// Once the skeleton is complete: the key depends on it.
    void seal();

private:
    const Store& store_;
    const ResolvedImage* image_;
    const Skeleton& skeleton_;
    BundleParts parts_;
    PaxList provenance_;
    PaxList directories_provenance_;
};

} // namespace coracle
