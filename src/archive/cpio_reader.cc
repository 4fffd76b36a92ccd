// SPDX-License-Identifier: Apache-2.0
#include "archive/cpio_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <string_view>
#include <tuple>
#include <vector>

#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "io/codecs.h"
#include "io/compress.h"

namespace coracle {

namespace {

constexpr size_t header_size = 110;
constexpr size_t magic_size = 6;
constexpr size_t most_name = 4096; ///< PATH_MAX, the NUL included
constexpr std::string_view trailer = "TRAILER!!!";
constexpr std::string_view lz4_magic = "\x02\x21\x4c\x18";

struct Header {
    bool summed = false; ///< 070702
    uint32_t inode = 0, mode = 0, uid = 0, gid = 0, links = 0, mtime = 0, size = 0;
    uint32_t device_major = 0, device_minor = 0, rdev_major = 0, rdev_minor = 0;
    uint32_t name_size = 0, checksum = 0;
};

Header parse_header(std::string_view text) {
    Header header;
    header.summed = text[magic_size - 1] == '2';
    size_t at = magic_size;
    for (uint32_t* field :
         {&header.inode, &header.mode, &header.uid, &header.gid, &header.links, &header.mtime,
          &header.size, &header.device_major, &header.device_minor, &header.rdev_major,
          &header.rdev_minor, &header.name_size, &header.checksum}) {
        auto number = parse_number(text.substr(at, 8), 16);
        if (!number)
            throw Error("a number in a cpio header is not hexadecimal");
        *field = static_cast<uint32_t>(*number);
        at += 8;
    }
    return header;
}

EntryType type_of(uint32_t mode, const std::string& name) {
    switch (mode & S_IFMT) {
    case S_IFREG: return EntryType::regular;
    case S_IFDIR: return EntryType::directory;
    case S_IFLNK: return EntryType::symlink;
    case S_IFCHR: return EntryType::character;
    case S_IFBLK: return EntryType::block;
    case S_IFIFO: return EntryType::fifo;
    default: break;
    }
    throw Error("'{}' has the unknown file type {:#o} in a cpio archive", name, mode & S_IFMT);
}

bool all_zero(std::string_view data) {
    return data.find_first_not_of('\0') == std::string_view::npos;
}

/// Bytes that were looked at, then the rest.
class Joined : public Source {
public:
    Joined(std::string head, Source& rest) : head_(std::move(head)), rest_(rest) {}
    size_t read(std::span<char> buffer) override {
        if (at_ == head_.size())
            return rest_.read(buffer);
        size_t count = std::min(buffer.size(), head_.size() - at_);
        std::memcpy(buffer.data(), head_.data() + at_, count);
        at_ += count;
        return count;
    }

private:
    std::string head_;
    Source& rest_;
    size_t at_ = 0;
};

} // namespace

bool looks_like_cpio(std::string_view head) {
    return head.starts_with("070701") || head.starts_with("070702");
}

struct CpioReader::State : Source {
    State(Source& source, CpioLimits bounds) : inner(&source), limits(bounds), buffer(64 << 10) {}

    /// A file with more names than one, by device and inode.
    using Identity = std::tuple<uint32_t, uint32_t, uint32_t>;
    struct Shared {
        std::string target;           ///< the name that has the content, once it is known
        std::vector<Entry> waiting{}; ///< names that came before the content
    };

    Source* inner;
    CpioLimits limits;
    std::vector<char> buffer;
    size_t begin = 0;
    size_t end = 0;
    uint64_t position = 0; ///< in the archive: headers and contents begin at multiples of four
    std::unique_ptr<Source> joined, unpacked, limited; ///< of the compressed part
    bool is_unpacked = false;

    uint64_t left = 0; ///< of the current content
    bool summed = false;
    uint32_t sum = 0;
    uint32_t expected_sum = 0;
    uint64_t entries = 0;
    uint64_t bytes = 0;
    uint64_t names = 0;
    bool open = false; ///< an archive has begun and its trailer has not come
    bool any = false;
    bool at_end = false;
    std::map<Identity, Shared> shared;
    std::vector<Entry> ready; ///< hard links to give next, last first

    size_t raw(std::span<char> out) {
        if (begin == end) {
            begin = 0;
            end = inner->read(buffer);
        }
        size_t count = std::min(out.size(), end - begin);
        std::memcpy(out.data(), buffer.data() + begin, count);
        begin += count;
        position += count;
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

    void raw_exactly(std::span<char> out) {
        if (raw_full(out) != out.size())
            throw Error("the cpio archive is truncated");
    }

    void align() {
        char scrap[4];
        raw_exactly({scrap, static_cast<size_t>((4 - position % 4) % 4)});
    }

    /// The current entry's content.
    size_t read(std::span<char> out) override {
        if (left == 0)
            return 0;
        size_t count = raw(out.first(static_cast<size_t>(std::min<uint64_t>(out.size(), left))));
        if (count == 0)
            throw Error("the cpio archive is truncated");
        left -= count;
        if (summed) {
            for (size_t i = 0; i < count; ++i)
                sum += static_cast<unsigned char>(out[i]);
            if (left == 0 && sum != expected_sum)
                throw Error("a file in the cpio archive has a wrong checksum");
        }
        return count;
    }

    void skip_rest() {
        char scrap[16384];
        while (left > 0)
            read(scrap);
    }

    /// The rest of the source is a compressed stream.
    void unpack(std::string head) {
        auto compression = detect_compression(head);
        bool lz4 = head.starts_with(lz4_magic);
        if (is_unpacked || (compression == Compression::none && !lz4))
            throw Error(
                any ? "the cpio archive goes on after its end mark with bytes that are no cpio"
                    : "this is no cpio archive");
        head.append(buffer.data() + begin, end - begin);
        begin = end = 0;
        joined = std::make_unique<Joined>(std::move(head), *inner);
        unpacked = lz4 ? make_unlz4(*joined) : make_decompressor(*joined, compression);
        limited = std::make_unique<LimitedSource>(*unpacked, limits.unpacked, "the initrd");
        inner = limited.get();
        is_unpacked = true;
        position = 0;
    }

    /// The next header; false at the end of all archives.
    bool header(std::array<char, header_size>& block) {
        skip_rest();
        if (any)
            align_or_end();
        for (;;) {
            size_t got = raw_full({block.data(), 4});
            if (got == 0 || (got < 4 && all_zero({block.data(), got})))
                return false;
            if (got == 4 && all_zero({block.data(), 4}))
                continue;
            got += raw_full({block.data() + got, magic_size - got});
            std::string_view head(block.data(), got);
            if (looks_like_cpio(head))
                break;
            if (open)
                throw Error(got < magic_size ? "the cpio archive is truncated"
                                             : "a cpio header has a wrong magic number");
            unpack(std::string(head));
        }
        raw_exactly({block.data() + magic_size, header_size - magic_size});
        return true;
    }

    /// The end of the last archive need not be padded.
    void align_or_end() {
        char scrap[4];
        size_t wanted = static_cast<size_t>((4 - position % 4) % 4);
        if (raw_full({scrap, wanted}) != wanted && open)
            throw Error("the cpio archive is truncated");
    }

    std::string name_of(const Header& header) {
        if (header.name_size == 0 || header.name_size > most_name)
            throw Error("a name in the cpio archive has {} bytes, which is not from 1 to {}",
                        header.name_size, most_name);
        std::string name(header.name_size, '\0');
        raw_exactly(name);
        align();
        count_name(name.size());
        if (name.back() != '\0')
            throw Error("a name in the cpio archive does not end with a zero byte");
        name.pop_back();
        return name;
    }

    void count_name(uint64_t size) {
        names += size;
        if (names > limits.name_bytes)
            throw Error("the cpio archive's names have more than the allowed {} bytes",
                        limits.name_bytes);
    }

    Entry entry_of(const Header& header, const std::string& name) {
        if (++entries > limits.entries)
            throw Error("the cpio archive has more than the allowed {} entries", limits.entries);
        Entry entry;
        entry.path = TreePath(name);
        entry.type = type_of(header.mode, name);
        if (entry.path.is_root() && !entry.is_directory())
            throw Error("the root of a cpio archive is not a directory");
        entry.mode = header.mode & 07777;
        entry.uid = header.uid;
        entry.gid = header.gid;
        entry.mtime = header.mtime;
        if (entry.type == EntryType::character || entry.type == EntryType::block) {
            entry.device_major = header.rdev_major;
            entry.device_minor = header.rdev_minor;
        }
        if (entry.type == EntryType::regular) {
            entry.size = header.size;
            entry.link_count = std::max(header.links, 1U);
            if (entry.size > limits.bytes - bytes)
                throw Error("the cpio archive holds more than the allowed {} bytes", limits.bytes);
            bytes += entry.size;
        } else if (entry.type == EntryType::symlink) {
            entry.link_target = target_of(header, name);
        } else if (header.size != 0) {
            throw Error("'{}' is no regular file but says it has {} bytes of content", name,
                        header.size);
        }
        return entry;
    }

    std::string target_of(const Header& header, const std::string& name) {
        if (header.size == 0 || header.size >= most_name)
            throw Error("the link '{}' has no target that a file system could hold", name);
        std::string target(header.size, '\0');
        raw_exactly(target);
        count_name(target.size());
        if (target.find('\0') != std::string::npos)
            throw Error("the link '{}' has no target that a file system could hold", name);
        return target;
    }

    void expect(const Header& header, const Entry& entry) {
        left = entry.size;
        summed = header.summed;
        sum = 0;
        expected_sum = header.checksum;
    }

    /// Joins the entry with other names of its file. True when it is to be given now.
    bool join(Entry& entry, const Header& header) {
        if (entry.type != EntryType::regular || header.links < 2)
            return true;
        Shared& file = shared[{header.device_major, header.device_minor, header.inode}];
        if (!file.target.empty()) {
            if (entry.size > 0)
                throw Error("the content of '{}' is in the cpio archive twice", file.target);
            entry.type = EntryType::hard_link;
            entry.link_target = file.target;
            return true;
        }
        if (entry.size == 0) {
            file.waiting.push_back(std::move(entry));
            return false;
        }
        give(file, entry.path.str());
        return true;
    }

    /// The content of a file is under `target`: what waited for it comes next.
    void give(Shared& file, const std::string& target) {
        file.target = target;
        for (auto& waiting : file.waiting) {
            waiting.type = EntryType::hard_link;
            waiting.link_target = target;
            ready.push_back(std::move(waiting));
        }
        file.waiting.clear();
        std::ranges::reverse(ready);
    }

    /// The archive is over: files that still wait for a content are empty.
    void end_archive() {
        std::vector<Entry> all;
        for (auto& [identity, file] : shared) {
            if (file.waiting.empty())
                continue;
            Entry first = std::move(file.waiting.front());
            file.waiting.erase(file.waiting.begin());
            std::string target = first.path.str();
            all.push_back(std::move(first));
            for (auto& waiting : file.waiting) {
                waiting.type = EntryType::hard_link;
                waiting.link_target = target;
                all.push_back(std::move(waiting));
            }
        }
        shared.clear();
        ready = std::move(all);
        std::ranges::reverse(ready);
        open = false;
    }
};

CpioReader::CpioReader(Source& source, CpioLimits limits)
    : state_(std::make_unique<State>(source, limits)) {}
CpioReader::~CpioReader() = default;

Source& CpioReader::content() { return *state_; }

std::optional<Entry> CpioReader::next() {
    State& state = *state_;
    std::array<char, header_size> block;
    for (;;) {
        state.skip_rest();
        if (!state.ready.empty()) {
            Entry entry = std::move(state.ready.back());
            state.ready.pop_back();
            return entry;
        }
        if (state.at_end)
            return std::nullopt;
        if (!state.header(block)) {
            if (state.open || !state.any)
                throw Error("the cpio archive is truncated: its end mark is missing");
            state.at_end = true;
            continue;
        }
        state.any = state.open = true;
        Header header = parse_header({block.data(), block.size()});
        std::string name = state.name_of(header);
        if (name == trailer) {
            state.end_archive();
            continue;
        }
        Entry entry = state.entry_of(header, name);
        state.expect(header, entry);
        if (state.join(entry, header))
            return entry;
    }
}

} // namespace coracle
