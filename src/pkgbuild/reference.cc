// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "io/file_io.h"
#include "io/hash.h"
#include "pkgbuild/content_hash.h"
#include "pkgbuild/package.h"
#include "pkgbuild/tree_hashes.h"

namespace coracle {

namespace {

constexpr size_t hash_digits = 40; // as many as git's

std::string source_directory(const Package& package, const std::string& extra) {
    auto source = extra.substr(0, extra.find(':'));
    return (std::filesystem::path(package.directory) / source).lexically_normal().string();
}

std::string hash_of(const std::string& path, TreeHashes& trees) {
    if (auto hash = trees.of(path))
        return *hash;
    return content_hash(path).substr(0, hash_digits);
}

std::string package_hash(const Package& package, TreeHashes& trees) {
    auto hash = hash_of(package.directory, trees);
    if (package.extra_sources.empty())
        return hash;
    // As one hash, dirty when any of the parts is.
    std::string all = hash;
    for (const auto& extra : package.extra_sources)
        all += " " + hash_of(source_directory(package, extra), trees);
    bool dirty = all.find("-dirty") != all.npos;
    return sha256_hex(all).substr(0, hash_digits) + (dirty ? "-dirty" : "");
}

} // namespace

std::string content_hash(const std::string& path) {
    namespace fs = std::filesystem;
    std::vector<fs::path> files;
    if (fs::is_directory(path)) {
        for (const auto& entry : fs::recursive_directory_iterator(path))
            if (entry.is_symlink() || entry.is_regular_file())
                files.push_back(entry.path());
    } else {
        files.push_back(path);
    }
    std::ranges::sort(files);
    Hasher hasher;
    for (const auto& file : files) {
        auto name = fs::relative(file, path).generic_string();
        std::string content;
        std::string_view kind = "file";
        if (fs::is_symlink(file)) {
            kind = "link";
            content = fs::read_symlink(file).string();
        } else {
            bool executable =
                (fs::status(file).permissions() & fs::perms::owner_exec) != fs::perms::none;
            kind = executable ? "program" : "file";
            FileSource source(file.string());
            HashingSource hashing(source);
            skip(hashing);
            content = hashing.hex();
        }
        hasher.update(
            fmt::format("{} {}:{} {}:{}\n", kind, name.size(), name, content.size(), content));
    }
    return hasher.hex();
}

std::string package_reference(const Package& package, const std::string& hash) {
    TreeHashes trees;
    return package_reference(package, hash, trees);
}

std::string package_reference(const Package& package, const std::string& hash, TreeHashes& trees) {
    std::string tag = package.tag;
    for (std::string_view variable : {"{{.Hash}}", "{{ .Hash }}"})
        for (size_t at = tag.find(variable); at != tag.npos; at = tag.find(variable))
            tag.replace(at, variable.size(), hash.empty() ? package_hash(package, trees) : hash);
    if (tag.find("{{") != tag.npos)
        throw Error("tag '{}' of '{}' has a variable that is not known", package.tag, package.file)
            .hint("the only one is {{.Hash}}");
    return package.org + "/" + package.image + ":" + tag;
}

} // namespace coracle
