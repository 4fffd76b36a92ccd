// SPDX-License-Identifier: Apache-2.0
#include "archive/tar_reader.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "archive/pax.h"
#include "archive/tar_format.h"
#include "base/error.h"
#include "base/limit_error.h"

namespace coracle {

namespace {

template <size_t N>
std::string_view text_of(const char (&field)[N]) {
    return {field, ::strnlen(field, N)};
}

/// An octal field, or the base-256 of GNU tar, which may be negative.
int64_t number_of(std::string_view field, const char* name) {
    auto first = static_cast<unsigned char>(field[0]);
    if (first & 0x80) {
        bool negative = (first & 0x40) != 0;
        uint64_t value = negative ? ~uint64_t{0} : 0;
        value = (value << 6) | (first & 0x3f);
        for (char c : field.substr(1)) {
            uint64_t high = value >> 55;
            if (high != 0 && high != 0x1ff)
                throw Error("the tar header's {} is out of range", name);
            value = (value << 8) | static_cast<unsigned char>(c);
        }
        return static_cast<int64_t>(value);
    }
    auto begin = std::min(field.find_first_not_of(' '), field.size());
    field.remove_prefix(begin);
    field = field.substr(0, field.find_first_of(std::string_view(" \0", 2)));
    int64_t value = 0;
    for (char c : field) {
        if (c < '0' || c > '7')
            throw Error("the tar header's {} is not a number", name);
        value = value * 8 + (c - '0');
    }
    return value;
}

template <size_t N>
int64_t number_of(const char (&field)[N], const char* name) {
    return number_of(std::string_view(field, N), name);
}

template <class T, size_t N>
T unsigned_of(const char (&field)[N], const char* name) {
    int64_t value = number_of(field, name);
    if (value < 0 || static_cast<uint64_t>(value) > std::numeric_limits<T>::max())
        throw Error("the tar header's {} is out of range: {}", name, value);
    return static_cast<T>(value);
}

/// Old tars summed signed bytes; both sums are accepted.
bool checksum_is_right(const UstarHeader& header) {
    auto stored = number_of(header.checksum, "checksum");
    const auto* bytes = reinterpret_cast<const signed char*>(&header);
    int64_t signed_sum = 0;
    for (size_t i = 0; i < tar_block; ++i)
        signed_sum += bytes[i];
    for (char c : header.checksum)
        signed_sum += ' ' - static_cast<signed char>(c);
    return stored == tar_checksum(header) || stored == signed_sum;
}

EntryType type_of(char flag, std::string_view name) {
    switch (flag) {
    case '\0':
    case '0':
    case '7': return name.ends_with('/') ? EntryType::directory : EntryType::regular;
    case '1': return EntryType::hard_link;
    case '2': return EntryType::symlink;
    case '3': return EntryType::character;
    case '4': return EntryType::block;
    case '5': return EntryType::directory;
    case '6': return EntryType::fifo;
    case 'S': throw Error("sparse files are not supported in layers");
    default: break;
    }
    throw Error("'{}' has the unknown tar entry type {:#x}", name,
                static_cast<unsigned char>(flag));
}

void check_link(Entry& entry, std::string_view target) {
    if (target.empty() || target.size() > 4095 || target.find('\0') != std::string_view::npos)
        throw Error("the link '{}' has no target that a file system could hold", entry.path.str());
    if (entry.type == EntryType::hard_link)
        entry.link_target = TreePath(target).str();
    else
        entry.link_target = target;
}

/// Names, sizes and links must fit the type: what could be read in two ways is refused.
void check(const Entry& entry) {
    if (entry.path.is_root() && !entry.is_directory())
        throw Error("the root of a layer is not a directory");
    if (entry.type != EntryType::regular && entry.size != 0)
        throw Error("'{}' is no regular file but says it has {} bytes of content", entry.path.str(),
                    entry.size);
    if (entry.device_major >= 1U << 12 || entry.device_minor >= 1U << 20)
        throw Error("'{}' is the device {}:{}, which Linux cannot have", entry.path.str(),
                    entry.device_major, entry.device_minor);
}

} // namespace

struct TarReader::State : Source {
    State(Source& source, TarLimits bounds) : inner(source), limits(bounds), buffer(64 << 10) {}

    Source& inner;
    TarLimits limits;
    std::vector<char> buffer;
    size_t begin = 0;
    size_t end = 0;
    uint64_t left = 0;  ///< of the current content
    size_t padding = 0; ///< after it
    uint64_t entries = 0;
    uint64_t bytes = 0;
    uint64_t all_headers = 0; ///< extended ones
    bool at_end = false;
    PaxList records; ///< of the last entry

    size_t raw(std::span<char> out) {
        if (begin == end) {
            if (out.size() >= buffer.size())
                return inner.read(out);
            begin = 0;
            end = inner.read(buffer);
        }
        size_t count = std::min(out.size(), end - begin);
        std::memcpy(out.data(), buffer.data() + begin, count);
        begin += count;
        return count;
    }

    size_t raw_full(std::span<char> out) {
        size_t filled = 0;
        while (filled < out.size()) {
            size_t count = raw(out.subspan(filled));
            if (count == 0)
                break;
            filled += count;
        }
        return filled;
    }

    /// The current entry's content.
    size_t read(std::span<char> out) override {
        if (left == 0)
            return 0;
        size_t count = raw(out.first(static_cast<size_t>(std::min<uint64_t>(out.size(), left))));
        if (count == 0)
            throw Error("the tar archive is truncated");
        left -= count;
        return count;
    }

    std::optional<FilePlace> place() const override {
        auto where = inner.place();
        if (where)
            where->offset -= end - begin;
        return where;
    }

    void skip_rest() {
        uint64_t rest = std::exchange(left, 0) + std::exchange(padding, 0);
        uint64_t here = std::min<uint64_t>(rest, end - begin);
        begin += here;
        if (inner.pass(rest - here) != rest - here)
            throw Error("the tar archive is truncated");
    }

    void expect(uint64_t size) {
        left = size;
        padding = tar_padding(size);
    }

    /// The next header block; false at the archive's end, which is read to the last byte, so that a
    /// verifying source below has seen all.
    bool header(UstarHeader& block) {
        skip_rest();
        size_t got = raw_full({reinterpret_cast<char*>(&block), sizeof block});
        if (got == 0)
            throw Error("the tar archive is truncated: its end mark is missing");
        if (got != sizeof block)
            throw Error("the tar archive is truncated");
        if (!all_zero({reinterpret_cast<char*>(&block), sizeof block})) {
            if (!checksum_is_right(block))
                throw Error("a tar header has a wrong checksum");
            return true;
        }
        char rest[16384];
        while (size_t count = raw(rest))
            if (!all_zero({rest, count}))
                throw Error("the tar archive goes on after its end mark");
        return false;
    }

    static bool all_zero(std::string_view data) {
        return data.find_first_not_of('\0') == std::string_view::npos;
    }

    std::string meta(const UstarHeader& block) {
        auto size = unsigned_of<uint64_t>(block.size, "size");
        if (size > limits.header_bytes)
            throw LimitError("header",
                             fmt::format("a tar extended header has {} bytes, more than the "
                                         "allowed {}",
                                         size, limits.header_bytes));
        all_headers += size + tar_block;
        if (all_headers > limits.all_header_bytes)
            throw LimitError("headers", fmt::format("the tar archive's extended headers have more "
                                                    "than the allowed {} bytes",
                                                    limits.all_header_bytes));
        expect(size);
        std::string text(static_cast<size_t>(size), '\0');
        read_exactly(*this, text, "the tar archive");
        return text;
    }

    void count(const Entry& entry) {
        if (++entries > limits.entries)
            throw LimitError("entries",
                             fmt::format("the tar archive has more than the allowed {} entries",
                                         limits.entries));
        if (entry.size > limits.bytes - bytes)
            throw LimitError(
                "unpacked",
                fmt::format("the tar archive holds more than the allowed {} bytes", limits.bytes));
        if (size_t size = entry.path.str().size(); size > limits.name_bytes)
            throw LimitError(
                "name", fmt::format("the name '{}...' is {} bytes long, more than the allowed {}",
                                    entry.path.str().substr(0, 64), size, limits.name_bytes));
        bytes += entry.size;
    }
};

TarReader::TarReader(Source& source, TarLimits limits)
    : state_(std::make_unique<State>(source, limits)) {}
TarReader::~TarReader() = default;

Source& TarReader::content() { return *state_; }

const PaxList& TarReader::records() const { return state_->records; }

namespace {

Entry entry_of(const UstarHeader& block, const PaxRecords& pax, const std::string& long_name,
               const std::string& long_link) {
    std::string name(text_of(block.name));
    if (std::memcmp(block.magic, "ustar\0", 6) == 0 && block.prefix[0] != '\0')
        name = fmt::format("{}/{}", text_of(block.prefix), name);
    std::string link(text_of(block.link_name));
    if (!long_name.empty())
        name = long_name;
    if (!long_link.empty())
        link = long_link;
    if (auto found = pax.find("path"); found != pax.end())
        name = found->second;
    if (auto found = pax.find("linkpath"); found != pax.end())
        link = found->second;
    if (name.empty())
        throw Error("a tar entry has no name");

    Entry entry;
    entry.path = TreePath(name);
    entry.type = type_of(block.type, name);
    entry.mode = static_cast<uint32_t>(number_of(block.mode, "mode") & 07777);
    entry.mtime = number_of(block.mtime, "mtime");
    // A PAX record takes the place of a field, which then need not make sense.
    if (!pax.contains("size"))
        entry.size = unsigned_of<uint64_t>(block.size, "size");
    if (!pax.contains("uid"))
        entry.uid = unsigned_of<uint32_t>(block.uid, "uid");
    if (!pax.contains("gid"))
        entry.gid = unsigned_of<uint32_t>(block.gid, "gid");
    if (entry.type == EntryType::character || entry.type == EntryType::block) {
        entry.device_major = unsigned_of<uint32_t>(block.device_major, "device number");
        entry.device_minor = unsigned_of<uint32_t>(block.device_minor, "device number");
    }
    apply_pax(pax, entry);
    if (entry.type == EntryType::hard_link || entry.type == EntryType::symlink)
        check_link(entry, link);
    check(entry);
    return entry;
}

void check_global(const PaxRecords& records) {
    for (const char* key : {"path", "linkpath", "size", "uid", "gid"})
        if (records.contains(key))
            throw Error("a global PAX header sets '{}' for all entries", key);
    auto sparse = records.lower_bound("GNU.sparse.");
    if (sparse != records.end() && sparse->first.starts_with("GNU.sparse."))
        throw Error("sparse files are not supported in layers");
}

/// Records that do not say how to read the entry.
PaxList vendor_records(PaxRecords&& all) {
    PaxList records;
    for (auto& [key, value] : all)
        if (key.find('.') != std::string::npos && !key.starts_with("SCHILY.") &&
            !key.starts_with("LIBARCHIVE.") && !key.starts_with("GNU."))
            records.emplace_back(key, std::move(value));
    return records;
}

std::string without_nul(std::string text) {
    while (text.ends_with('\0'))
        text.pop_back();
    return text;
}

} // namespace

std::optional<Entry> TarReader::next() {
    State& state = *state_;
    PaxRecords pax;
    std::string long_name;
    std::string long_link;
    std::string extended; ///< kinds of the extended headers before the entry
    UstarHeader block;
    while (!state.at_end) {
        if (!state.header(block)) {
            if (!extended.empty())
                throw Error("the tar archive ends after an extended header");
            state.at_end = true;
            break;
        }
        if (block.type == 'g') {
            check_global(parse_pax(state.meta(block)));
            continue;
        }
        if (block.type == 'x' || block.type == 'L' || block.type == 'K') {
            if (extended.find(block.type) != std::string::npos)
                throw Error("a tar entry has two extended headers of the same kind");
            extended += block.type;
            std::string text = state.meta(block);
            if (block.type == 'x')
                pax = parse_pax(text);
            else
                (block.type == 'L' ? long_name : long_link) = without_nul(std::move(text));
            continue;
        }
        Entry entry = entry_of(block, pax, long_name, long_link);
        state.count(entry);
        state.expect(entry.size);
        state.records = vendor_records(std::move(pax));
        return entry;
    }
    return std::nullopt;
}

} // namespace coracle
