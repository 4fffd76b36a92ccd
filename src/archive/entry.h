// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/tree_path.h"
#include "io/source.h"

namespace coracle {

enum class EntryType { regular, directory, symlink, hard_link, character, block, fifo };

/// PAX records in the order in which they are written.
using PaxList = std::vector<std::pair<std::string, std::string>>;

/// One member of a tree: what a tar header says, without its encoding.
struct Entry {
    TreePath path;
    EntryType type = EntryType::regular;
    uint32_t mode = 0644; ///< permission bits with setuid, setgid and sticky: 0 to 07777
    uint32_t uid = 0;
    uint32_t gid = 0;
    int64_t mtime = 0; ///< seconds since 1970
    uint64_t size = 0; ///< bytes of content; 0 for all but regular files
    /// symlink: the text as it is; hard_link: the path of the earlier entry, normalised as a
    /// TreePath.
    std::string link_target;
    uint32_t link_count = 1; ///< names of a regular file, this one included; also on its hard links
    uint32_t device_major = 0;
    uint32_t device_minor = 0;
    std::map<std::string, std::string>
        xattrs; ///< full name, e.g. "security.capability" -> raw value

    /// PAX records that say where the entry is from, for formats that can hold them; not owned.
    const PaxList* provenance = nullptr;

    bool is_directory() const { return type == EntryType::directory; }
};

/// Entries that are pulled in order.
class EntrySource {
public:
    virtual ~EntrySource() = default;
    /// The next entry, or nullopt at the end. What was left of the last content is skipped.
    virtual std::optional<Entry> next() = 0;
    /// The content of the entry that next() returned last: `size` bytes.
    virtual Source& content() = 0;
};

/// Takes entries, parents before children. finish() is called once, last.
class EntrySink {
public:
    virtual ~EntrySink() = default;
    /// Takes `entry.size` bytes from `content`; fewer are an Error.
    virtual void add(const Entry& entry, Source& content) = 0;
    virtual void finish() {}
    /// For entries without content.
    void add(const Entry& entry);
    void add(const Entry& entry, std::string_view content);
};

/// Adds all entries of `source`.
void copy(EntrySource& source, EntrySink& sink);

} // namespace coracle
