// SPDX-License-Identifier: Apache-2.0
#include "archive/tar_writer.h"

#include <algorithm>
#include <cstring>

#include "archive/content.h"
#include "archive/pax.h"
#include "archive/tar_format.h"
#include "base/error.h"

namespace coracle {

namespace {

char flag_of(EntryType type) {
    switch (type) {
    case EntryType::regular: return '0';
    case EntryType::hard_link: return '1';
    case EntryType::symlink: return '2';
    case EntryType::character: return '3';
    case EntryType::block: return '4';
    case EntryType::directory: return '5';
    case EntryType::fifo: return '6';
    }
    return '0';
}

template <size_t N>
void put_text(char (&field)[N], std::string_view text) {
    std::memcpy(field, text.data(), std::min(N, text.size()));
}

/// Octal digits and a NUL. What does not fit is written as 0: a PAX record says it.
template <size_t N>
bool put_number(char (&field)[N], uint64_t value) {
    bool fits = value < uint64_t{1} << (3 * (N - 1));
    fmt::format_to_n(field, N, "{:0{}o}", fits ? value : 0, N - 1);
    return fits;
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<signed char>(c) > 0; });
}

void seal(UstarHeader& header) {
    std::memcpy(header.magic, "ustar", 6);
    std::memcpy(header.version, "00", 2);
    fmt::format_to_n(header.checksum, 7, "{:06o}", tar_checksum(header));
    header.checksum[6] = '\0';
    header.checksum[7] = ' ';
}

std::string_view bytes_of(const UstarHeader& header) {
    return {reinterpret_cast<const char*>(&header), sizeof header};
}

/// Fills `header`; returns the PAX records for what it cannot hold.
std::string fill(UstarHeader& header, const Entry& entry) {
    std::string records;
    std::string name = entry.path.is_root() ? "." : entry.path.str();
    if (entry.is_directory())
        name += '/';
    if (name.size() > sizeof header.name || !is_ascii(name))
        records += pax_record("path", name);
    put_text(header.name, name);
    if (entry.link_target.size() > sizeof header.link_name || !is_ascii(entry.link_target))
        records += pax_record("linkpath", entry.link_target);
    put_text(header.link_name, entry.link_target);
    put_number(header.mode, entry.mode & 07777);
    if (!put_number(header.uid, entry.uid))
        records += pax_record("uid", fmt::to_string(entry.uid));
    if (!put_number(header.gid, entry.gid))
        records += pax_record("gid", fmt::to_string(entry.gid));
    if (!put_number(header.size, entry.size))
        records += pax_record("size", fmt::to_string(entry.size));
    auto mtime = entry.mtime < 0 ? UINT64_MAX : static_cast<uint64_t>(entry.mtime);
    if (!put_number(header.mtime, mtime))
        records += pax_record("mtime", fmt::to_string(entry.mtime));
    if (!put_number(header.device_major, entry.device_major) ||
        !put_number(header.device_minor, entry.device_minor))
        throw Error("a tar archive cannot hold the device {}:{} of '{}'", entry.device_major,
                    entry.device_minor, entry.path.str());
    header.type = flag_of(entry.type);
    for (const auto& [key, value] : entry.xattrs)
        records += pax_record("SCHILY.xattr." + key, value);
    return records;
}

} // namespace

void TarWriter::add(const Entry& entry, Source& content) {
    UstarHeader header{};
    std::string records = fill(header, entry);
    if (entry.provenance != nullptr)
        for (const auto& [key, value] : *entry.provenance)
            records += pax_record(key, value);
    if (!records.empty()) {
        UstarHeader extended{};
        put_text(extended.name, "PaxHeaders.0/" + std::string(entry.path.name()));
        put_number(extended.mode, 0644);
        put_number(extended.uid, 0);
        put_number(extended.gid, 0);
        put_number(extended.size, records.size());
        put_number(extended.mtime, 0);
        extended.type = 'x';
        seal(extended);
        sink_.write(bytes_of(extended));
        records.resize(records.size() + tar_padding(records.size()), '\0');
        sink_.write(records);
    }
    seal(header);
    sink_.write(bytes_of(header));
    write_content(entry, content, sink_);
    write_zeros(sink_, tar_padding(entry.size));
}

void TarWriter::finish() {
    write_zeros(sink_, 2 * tar_block);
    sink_.finish();
}

} // namespace coracle
