// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

namespace coracle {

/// Git's hashes of directories. Directories that lie side by side, as packages do, are asked for in
/// one go, since starting git takes longer than all else of a build in which nothing changed.
class TreeHashes {
public:
    /// The hash of the directory's tree as it was committed, with "-dirty" when it has changed
    /// since; nullopt where git, which need not be installed, does not know it.
    std::optional<std::string> of(const std::string& directory);
    /// To be called when files have changed.
    void forget() { parents_.clear(); }

private:
    /// What git says of the directories in a directory.
    struct Children {
        std::map<std::string, std::string> trees;
        std::set<std::string> dirty;
    };
    std::map<std::string, Children> parents_;
};

} // namespace coracle
