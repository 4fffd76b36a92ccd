// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/elf.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/fd.h"

namespace coracle {

namespace {

constexpr uint64_t table_limit = 1 << 20; ///< bytes of a header table or the dynamic section
constexpr uint64_t string_limit = 4096;   ///< bytes of a name
constexpr uint64_t section_limit = 4 << 20;

Error damaged(const FileSlice& file, std::string_view what) {
    return Error("'{}' is damaged: {}", file.name, what);
}

/// Numbers in the byte order and word size of one file.
class Layout {
public:
    Layout(bool wide, bool big) : wide_(wide), big_(big) {}

    uint64_t number(std::string_view bytes, size_t offset, size_t width) const {
        uint64_t value = 0;
        for (size_t i = 0; i < width; ++i) {
            size_t place = big_ ? i : width - 1 - i;
            value = value << 8 | static_cast<unsigned char>(bytes[offset + place]);
        }
        return value;
    }
    /// A word of the file's class.
    uint64_t word(std::string_view bytes, size_t offset) const {
        return number(bytes, offset, wide_ ? 8 : 4);
    }
    bool wide() const { return wide_; }

private:
    bool wide_;
    bool big_;
};

struct Segment {
    uint64_t type, offset, address, size;
};
struct Section {
    uint64_t name, offset, size, type;
};

/// A file whose ELF header has been read.
class ElfFile {
public:
    static std::optional<ElfFile> open(const FileSlice& file) {
        if (file.size < 52)
            return std::nullopt;
        std::string ident = file.read(0, 16);
        if (!ident.starts_with("\177ELF"))
            return std::nullopt;
        if (ident[4] < 1 || ident[4] > 2 || ident[5] < 1 || ident[5] > 2)
            throw damaged(file, "unknown ELF class or byte order");
        Layout layout(ident[4] == 2, ident[5] == 2);
        return ElfFile(file, layout, file.read(0, layout.wide() ? 64 : 52));
    }

    uint16_t half(size_t offset) const {
        return static_cast<uint16_t>(layout_.number(header_, offset, 2));
    }
    std::vector<Segment> segments() const;
    std::vector<Section> sections() const;
    /// Where an address of the running program is in the file.
    uint64_t place_of(uint64_t address, const std::vector<Segment>& segments) const;
    std::string string_at(uint64_t offset) const;
    std::vector<std::pair<uint64_t, uint64_t>> dynamic(const Segment& segment) const;
    size_t names_index() const { return half(layout_.wide() ? 62 : 50); }

private:
    ElfFile(const FileSlice& file, Layout layout, std::string header)
        : file_(file), layout_(layout), header_(std::move(header)) {}
    /// A table of `count` records of `size` bytes, which must be at least `least`.
    std::string table(uint64_t offset, uint64_t size, uint64_t count, uint64_t least) const {
        if (size < least || size * count > table_limit)
            throw damaged(file_, "a header table has a wrong size");
        return file_.read(offset, size * count);
    }

    const FileSlice& file_;
    Layout layout_;
    std::string header_;
};

std::vector<Segment> ElfFile::segments() const {
    bool wide = layout_.wide();
    uint64_t offset = layout_.word(header_, wide ? 32 : 28);
    uint64_t size = half(wide ? 54 : 42), count = half(wide ? 56 : 44);
    std::vector<Segment> segments;
    if (count == 0)
        return segments;
    std::string bytes = table(offset, size, count, wide ? 56 : 32);
    for (size_t at = 0; at < bytes.size(); at += size)
        segments.push_back({layout_.number(bytes, at, 4), layout_.word(bytes, at + (wide ? 8 : 4)),
                            layout_.word(bytes, at + (wide ? 16 : 8)),
                            layout_.word(bytes, at + (wide ? 32 : 16))});
    return segments;
}

std::vector<Section> ElfFile::sections() const {
    bool wide = layout_.wide();
    uint64_t offset = layout_.word(header_, wide ? 40 : 32);
    uint64_t size = half(wide ? 58 : 46), count = half(wide ? 60 : 48);
    std::vector<Section> sections;
    if (count == 0)
        return sections;
    std::string bytes = table(offset, size, count, wide ? 64 : 40);
    for (size_t at = 0; at < bytes.size(); at += size)
        sections.push_back(
            {layout_.number(bytes, at, 4), layout_.word(bytes, at + (wide ? 24 : 16)),
             layout_.word(bytes, at + (wide ? 32 : 20)), layout_.number(bytes, at + 4, 4)});
    return sections;
}

uint64_t ElfFile::place_of(uint64_t address, const std::vector<Segment>& segments) const {
    for (const auto& segment : segments)
        if (segment.type == 1 && address >= segment.address &&
            address - segment.address < segment.size)
            return segment.offset + (address - segment.address);
    throw damaged(file_, "an address lies in no segment");
}

std::string ElfFile::string_at(uint64_t offset) const {
    if (offset >= file_.size)
        throw damaged(file_, "a name lies beyond the end");
    std::string text = file_.read(offset, std::min(string_limit, file_.size - offset));
    size_t end = text.find('\0');
    if (end == text.npos)
        throw damaged(file_, "a name has no end");
    text.resize(end);
    return text;
}

std::vector<std::pair<uint64_t, uint64_t>> ElfFile::dynamic(const Segment& segment) const {
    size_t width = layout_.wide() ? 8 : 4;
    std::string bytes = table(segment.offset, 2 * width, segment.size / (2 * width), 2 * width);
    std::vector<std::pair<uint64_t, uint64_t>> tags;
    for (size_t at = 0; at + 2 * width <= bytes.size(); at += 2 * width) {
        uint64_t tag = layout_.word(bytes, at);
        if (tag == 0)
            break;
        tags.emplace_back(tag, layout_.word(bytes, at + width));
    }
    return tags;
}

} // namespace

std::string FileSlice::read(uint64_t from, uint64_t count) const {
    if (from > size || count > size - from)
        throw Error("'{}' is damaged: it ends early", name);
    std::string bytes(static_cast<size_t>(count), '\0');
    for (size_t done = 0; done < bytes.size();) {
        size_t part = read_some(fd, bytes.data() + done, bytes.size() - done,
                                static_cast<off_t>(offset + from + done), name);
        if (part == 0)
            throw Error("'{}' is damaged: it ends early", name);
        done += part;
    }
    return bytes;
}

std::optional<ElfInfo> read_elf(const FileSlice& file) {
    auto elf = ElfFile::open(file);
    if (!elf)
        return std::nullopt;
    ElfInfo info;
    info.type = elf->half(16);
    info.machine = elf->half(18);
    auto segments = elf->segments();
    constexpr uint64_t pt_dynamic = 2, pt_interp = 3;
    constexpr uint64_t dt_needed = 1, dt_strtab = 5, dt_soname = 14;
    for (const auto& segment : segments) {
        if (segment.type == pt_interp)
            info.interpreter = elf->string_at(segment.offset);
        // A file of debugging symbols has the segment, but nothing in it.
        if (segment.type != pt_dynamic || segment.offset >= file.size)
            continue;
        auto tags = elf->dynamic(segment);
        auto strings =
            std::ranges::find(tags, dt_strtab, [](const auto& tag) { return tag.first; });
        if (strings == tags.end())
            continue;
        uint64_t base = elf->place_of(strings->second, segments);
        for (const auto& [tag, value] : tags) {
            if (tag == dt_needed)
                info.needed.push_back(elf->string_at(base + value));
            if (tag == dt_soname)
                info.soname = elf->string_at(base + value);
        }
    }
    return info;
}

std::optional<std::string> read_elf_section(const FileSlice& file, std::string_view name) {
    auto elf = ElfFile::open(file);
    if (!elf)
        return std::nullopt;
    auto sections = elf->sections();
    if (sections.empty())
        return std::nullopt;
    if (elf->names_index() >= sections.size())
        throw damaged(file, "its section names are missing");
    uint64_t names = sections[elf->names_index()].offset;
    constexpr uint64_t no_bits = 8;
    for (const auto& section : sections) {
        if (section.type == no_bits || section.type == 0 ||
            elf->string_at(names + section.name) != name)
            continue;
        if (section.size > section_limit)
            throw damaged(file, "a section is too large");
        return file.read(section.offset, section.size);
    }
    return std::nullopt;
}

std::optional<uint16_t> elf_machine(std::string_view architecture) {
    constexpr std::array<std::pair<std::string_view, uint16_t>, 9> machines{{{"386", 3},
                                                                             {"ppc64le", 21},
                                                                             {"s390x", 22},
                                                                             {"arm", 40},
                                                                             {"amd64", 62},
                                                                             {"arm64", 183},
                                                                             {"riscv64", 243},
                                                                             {"loong64", 258},
                                                                             {"mips64le", 8}}};
    auto found =
        std::ranges::find(machines, architecture, [](const auto& pair) { return pair.first; });
    if (found == machines.end())
        return std::nullopt;
    return found->second;
}

} // namespace coracle
