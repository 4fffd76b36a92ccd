// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "archive/entry.h"
#include "rootfs/container_config.h"
#include "spec/spec.h"

namespace coracle {

/// One entry of the YAML's `files`, with its content at hand or in a file of the host.
struct FileItem {
    Entry entry;
    std::string content = {};
    std::string host_path = {}; ///< where the content is, if not ""
    size_t number = 0;          ///< which of `files` it is from
    std::string hash = {};      ///< SHA-256 of that file as it was when it was looked at
};

/// The path of a file of the host as the YAML may write it: "~/" is the builder's home.
std::string expand_home(const std::string& path);

/// The `files` section as entries, in its order, without the directories above them. Optional files
/// that are absent are left out. Throws for what cannot be read.
std::vector<FileItem> plan_files(const Spec& spec, const IdMap& ids, int64_t time);

/// The directories above the items which `exists` does not know, each before the first item in it:
/// with the item's owner and its mode plus execute for each class that has any permission.
std::vector<FileItem> with_directories(const std::vector<FileItem>& items,
                                       const std::function<bool(const TreePath&)>& exists);

/// The items as entries with content. Throws when a file of the host is not what it was.
class FileItemSource : public EntrySource {
public:
    explicit FileItemSource(const std::vector<FileItem>& items);
    ~FileItemSource() override;
    std::optional<Entry> next() override;
    Source& content() override;

private:
    struct Open;
    const std::vector<FileItem>& items_;
    size_t at_ = 0;
    std::unique_ptr<Open> open_;
};

} // namespace coracle
