// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <vector>

#include "rootfs/component.h"

namespace coracle {

/// The directories above containers and volumes ("containers", "containers/services", ...). A
/// component of their own, since they are in the name of the last container below, as if that had
/// been unpacked over the others.
class Skeleton : public Component {
public:
    /// `time` is the directories' mtime.
    explicit Skeleton(int64_t time) : Component("containers", "directories"), time_(time) {}

    /// Notes that a component with this provenance lies in `directory`, which it makes itself; call
    /// in the order of the components.
    void claim(const TreePath& directory, const PaxList& provenance);
    /// Once all is claimed: the key depends on it.
    void seal();
    void emit(EntrySink& sink) const override;

    bool empty() const { return bundles_.empty(); }
    /// The directories that were claimed.
    const std::set<TreePath>& bundles() const { return bundles_; }
    /// The directories that were claimed and all above them, parents first.
    std::set<TreePath> directories() const;

private:
    int64_t time_;
    std::map<TreePath, PaxList> owners_; ///< of those above
    std::set<TreePath> bundles_;
};

} // namespace coracle
