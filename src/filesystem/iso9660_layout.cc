// SPDX-License-Identifier: Apache-2.0
#include "filesystem/iso9660_layout.h"

#include <algorithm>

#include "filesystem/image.h"
#include "filesystem/iso9660_names.h"

namespace coracle::iso9660 {

namespace {

constexpr size_t record_head = 33;
constexpr size_t most_record = 254;

/// Decides which fields stand in the record.
void split(Record& record, const Fields& fields) {
    size_t room = most_record - record_head - record.id.size() - 1;
    size_t all = 0;
    for (const auto& field : fields)
        all += field.size();
    if (all > room)
        room -= continuation_size;
    size_t next = 0;
    for (; next < fields.size() && record.inside.size() + fields[next].size() <= room; ++next)
        record.inside += fields[next];
    record.outside.assign(fields.begin() + static_cast<std::ptrdiff_t>(next), fields.end());
}

Record make_record(const Tree& tree, std::string id, uint32_t node, std::string_view name) {
    const TreeNode& what = tree.at(node);
    Record record{std::move(id), node};
    Fields fields = fields_of(what, link_count(tree, what), node + 1);
    auto add = [&](Fields more) { fields.insert(fields.end(), more.begin(), more.end()); };
    add(name_fields(name));
    if (what.type == EntryType::symlink)
        add(link_fields(what.link_target));
    split(record, fields);
    return record;
}

/// The record by which the whole is known to have Rock Ridge.
Record make_root_record(const Tree& tree) {
    const TreeNode& root = tree.at(Tree::root);
    Record record{std::string(1, '\0'), Tree::root};
    Fields fields = fields_of(root, link_count(tree, root), 1);
    fields.insert(fields.begin(), sharing_field());
    fields.push_back(extension_field());
    split(record, fields);
    return record;
}

uint64_t size_of(const Tree& tree, const std::vector<Record>& records) {
    uint64_t size = 0;
    for (const auto& record : records)
        for (uint64_t i = 0; i < extents_of(tree.at(record.node)); ++i) {
            if (size % sector_size + record.size() > sector_size)
                size = sectors(size) * sector_size;
            size += record.size();
        }
    return sectors(size) * sector_size;
}

} // namespace

size_t Record::size() const {
    size_t head = record_head + id.size() + (id.size() % 2 == 0 ? 1 : 0);
    size_t more = outside.empty() ? 0 : continuation_size;
    return (head + inside.size() + more + 1) / 2 * 2;
}

uint64_t extents_of(const TreeNode& node) {
    if (node.type != EntryType::regular)
        return 1;
    return std::max<uint64_t>(1, (node.size + most_extent - 1) / most_extent);
}

std::vector<Directory> plan_directories(const Tree& tree) {
    std::vector<Directory> all = {{Tree::root, 0, std::string(1, '\0')}};
    for (uint32_t i = 0; i < all.size(); ++i) {
        IsoNames names;
        std::vector<Record> records;
        std::vector<Directory> below;
        uint32_t node = all[i].node;
        for (const auto& [name, child] : tree.at(node).children) {
            bool directory = tree.at(child).is_directory();
            std::string id = directory ? names.directory(name) : names.file(name);
            records.push_back(make_record(tree, id, child, name));
            if (directory)
                below.push_back({child, i, id});
        }
        std::ranges::sort(records, {}, &Record::id);
        std::ranges::sort(below, {}, &Directory::id);
        records.insert(records.begin(),
                       make_record(tree, std::string(1, '\1'), all[all[i].parent].node, ""));
        records.insert(records.begin(), i == 0 ? make_root_record(tree)
                                               : make_record(tree, std::string(1, '\0'), node, ""));
        all[i].size = size_of(tree, records);
        all[i].records = std::move(records);
        all.insert(all.end(), below.begin(), below.end());
    }
    return all;
}

/// Where so many bytes in one sector are free.
uint64_t Continuations::allocate(size_t size) {
    if (text_.size() % sector_size + size > sector_size)
        text_.resize(sectors(text_.size()) * sector_size);
    uint64_t at = text_.size();
    text_.resize(at + size);
    return at;
}

std::string Continuations::link_to(uint64_t at, size_t size) const {
    return continuation_field(static_cast<uint32_t>(sector_ + at / sector_size),
                              static_cast<uint32_t>(at % sector_size), static_cast<uint32_t>(size));
}

std::string Continuations::add(const Fields& fields) {
    std::vector<std::string> pieces(1);
    for (const auto& field : fields) {
        if (pieces.back().size() + field.size() + continuation_size > sector_size)
            pieces.emplace_back();
        pieces.back() += field;
    }
    // From the last on, so that each knows where the next is.
    std::string link;
    for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
        *piece += link;
        uint64_t at = allocate(piece->size());
        text_.replace(at, piece->size(), *piece);
        link = link_to(at, piece->size());
    }
    return link;
}

std::string Continuations::take() {
    text_.resize(sectors(text_.size()) * sector_size);
    return std::move(text_);
}

} // namespace coracle::iso9660
