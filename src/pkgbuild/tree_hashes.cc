// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/tree_hashes.h"

#include <filesystem>
#include <vector>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"

namespace coracle {

namespace {

namespace fs = std::filesystem;

std::optional<std::string> git(const fs::path& directory,
                               const std::vector<std::string>& arguments) {
    std::vector<std::string> argv{"git", "-C", directory.string()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    // Without the locks that looking at a repository takes to note down what it saw.
    auto outcome =
        run({.argv = std::move(argv), .env = {{"LC_ALL", "C"}, {"GIT_OPTIONAL_LOCKS", "0"}}});
    if (outcome.status != 0)
        return std::nullopt;
    return std::move(outcome.output);
}

/// The repository that a directory lies in. Looked for here, since most installed packages lie in
/// none and git takes its time.
std::optional<fs::path> repository_of(const fs::path& directory) {
    for (fs::path at = directory;; at = at.parent_path()) {
        if (exists((at / ".git").string()))
            return at;
        if (at == at.parent_path())
            return std::nullopt;
    }
}

/// The hash of a repository's whole tree.
std::optional<std::string> whole_tree(const fs::path& repository) {
    auto hash = git(repository, {"rev-parse", "--verify", "--quiet", "HEAD:"});
    auto changes = git(repository, {"status", "--porcelain"});
    if (!hash || !changes)
        return std::nullopt;
    return std::string(trim(*hash)) + (changes->empty() ? "" : "-dirty");
}

/// The directories of `git ls-tree -z`: "MODE tree HASH\tNAME".
std::map<std::string, std::string> parse_trees(const std::string& text) {
    std::map<std::string, std::string> trees;
    for (const auto& line : split(text, '\0')) {
        auto tab = line.find('\t');
        auto words = split(line.substr(0, tab), ' ');
        if (tab != line.npos && words.size() == 3 && words[1] == "tree")
            trees[line.substr(tab + 1)] = words[2];
    }
    return trees;
}

/// The directories below `prefix` ("" or "pkg/") with changes in `git status --porcelain -z`, whose
/// lines "XY PATH" name paths from the repository's root.
std::set<std::string> parse_changes(const std::string& text, const std::string& prefix) {
    constexpr size_t path_at = 3;
    std::set<std::string> names;
    for (const auto& line : split(text, '\0')) {
        if (line.size() <= path_at + prefix.size() ||
            line.compare(path_at, prefix.size(), prefix) != 0)
            continue;
        auto rest = line.substr(path_at + prefix.size());
        names.insert(rest.substr(0, rest.find('/')));
    }
    return names;
}

} // namespace

std::optional<std::string> TreeHashes::of(const std::string& directory) {
    std::error_code error;
    fs::path path = fs::canonical(directory, error);
    auto repository = error ? std::nullopt : repository_of(path);
    if (!repository || !find_program("git"))
        return std::nullopt;
    if (*repository == path)
        return whole_tree(path);
    fs::path parent = path.parent_path();
    auto known = parents_.find(parent.string());
    if (known == parents_.end()) {
        std::string prefix = parent.lexically_relative(*repository).generic_string() + "/";
        Children children;
        auto trees = git(parent, {"ls-tree", "-z", "HEAD", "./"});
        auto changes = git(parent, {"status", "--porcelain", "-z", "--no-renames", "--", "."});
        if (trees && changes)
            children = {parse_trees(*trees), parse_changes(*changes, prefix == "./" ? "" : prefix)};
        known = parents_.emplace(parent.string(), std::move(children)).first;
    }
    const auto& [trees, dirty] = known->second;
    auto hash = trees.find(path.filename().string());
    if (hash == trees.end())
        return std::nullopt;
    return hash->second + (dirty.contains(hash->first) ? "-dirty" : "");
}

} // namespace coracle
