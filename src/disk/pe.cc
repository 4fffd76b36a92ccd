// SPDX-License-Identifier: Apache-2.0
#include "disk/pe.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/on_disk.h"
#include "base/text.h"

namespace coracle {

namespace {

struct CoffHeader {
    char magic[4];
    Le<uint16_t> machine;
    Le<uint16_t> sections;
    Le<uint32_t> time;
    Le<uint32_t> symbols;
    Le<uint32_t> symbol_count;
    Le<uint16_t> optional_size;
    Le<uint16_t> flags;
};
static_assert(sizeof(CoffHeader) == 24);

struct SectionHeader {
    char name[8] = {};
    Le<uint32_t> memory_size;
    Le<uint32_t> address;
    Le<uint32_t> file_size;
    Le<uint32_t> file_offset;
    Le<uint32_t> unused[3];
    Le<uint32_t> flags;
};
static_assert(sizeof(SectionHeader) == 40);

constexpr uint32_t initialised_readable = 0x40000040;
// Offsets in the optional header of 64 bits.
constexpr size_t at_section_alignment = 32;
constexpr size_t at_file_alignment = 36;
constexpr size_t at_image_size = 56;
constexpr size_t at_headers_size = 60;
constexpr size_t at_checksum = 64;
constexpr size_t at_certificates = 112 + 4 * 8;
constexpr uint64_t page = 4096;

template <class T>
T field(std::string_view bytes, size_t offset) {
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

void set(std::string& bytes, size_t offset, uint32_t value) {
    Le<uint32_t> field = value;
    std::memcpy(bytes.data() + offset, &field, sizeof field);
}

uint64_t round_up(uint64_t value, uint64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

bool power_of_two(uint32_t value) { return value != 0 && (value & (value - 1)) == 0; }

} // namespace

PeLayout read_pe(std::string_view head, std::string_view what) {
    Error refused("{} is not an EFI program", what);
    if (head.size() < 0x40 || !head.starts_with("MZ"))
        throw refused;
    size_t coff_at = field<Le<uint32_t>>(head, 0x3c);
    size_t optional_at = coff_at + sizeof(CoffHeader);
    if (optional_at + at_certificates + 8 > head.size())
        throw refused;
    auto coff = field<CoffHeader>(head, coff_at);
    if (std::memcmp(coff.magic, "PE\0\0", 4) != 0 ||
        field<Le<uint16_t>>(head, optional_at) != 0x20b)
        throw refused;
    auto optional = [&](size_t offset) -> uint32_t {
        return field<Le<uint32_t>>(head, optional_at + offset);
    };
    PeLayout layout;
    layout.machine = coff.machine;
    layout.checksum = optional_at + at_checksum;
    layout.certificates = optional_at + at_certificates;
    layout.image_size = optional(at_image_size);
    layout.section_alignment = optional(at_section_alignment);
    layout.file_alignment = optional(at_file_alignment);
    layout.headers_size = optional(at_headers_size);
    layout.section_table = optional_at + coff.optional_size;
    layout.sections = coff.sections;
    if (!power_of_two(layout.section_alignment) || !power_of_two(layout.file_alignment) ||
        layout.section_table + layout.sections * sizeof(SectionHeader) > head.size())
        throw refused;
    return layout;
}

std::vector<PePlace> pe_places(std::string_view head, std::string_view what) {
    PeLayout layout = read_pe(head, what);
    std::vector<PePlace> places;
    for (unsigned i = 0; i < layout.sections; ++i) {
        size_t at = layout.section_table + i * sizeof(SectionHeader);
        if (at + sizeof(SectionHeader) > head.size())
            throw Error("{} has more sections than fit", what);
        auto header = field<SectionHeader>(head, at);
        places.push_back({std::string(header.name, ::strnlen(header.name, sizeof header.name)),
                          header.file_offset,
                          std::min<uint32_t>(header.memory_size, header.file_size)});
    }
    return places;
}

Extents add_pe_sections(std::string_view stub, const std::vector<PeSection>& sections,
                        std::string_view what) {
    PeLayout layout = read_pe(stub, what);
    size_t entry = layout.section_table + layout.sections * sizeof(SectionHeader);
    if (entry + sections.size() * sizeof(SectionHeader) > layout.headers_size ||
        layout.headers_size > stub.size())
        throw Error("the headers of {} have no room for {} more sections", what, sections.size());
    uint64_t alignment = std::max<uint64_t>(layout.section_alignment, page);
    uint64_t address = layout.image_size;
    uint64_t file_end = layout.headers_size;
    for (unsigned i = 0; i < layout.sections; ++i) {
        auto own = field<SectionHeader>(stub, layout.section_table + i * sizeof(SectionHeader));
        address = std::max<uint64_t>(address, uint64_t{own.address} + own.memory_size);
        file_end = std::max<uint64_t>(file_end, uint64_t{own.file_offset} + own.file_size);
    }
    // Behind its sections may be symbols, which only debuggers look at.
    std::string head(stub.substr(0, file_end));
    head.resize(round_up(head.size(), layout.file_alignment));
    Extents body;
    for (const auto& section : sections) {
        SectionHeader header;
        section.name.copy(header.name, sizeof header.name);
        address = round_up(address, alignment);
        uint64_t memory = std::max(section.memory, section.content.size());
        uint64_t end = head.size() + body.size() + section.content.size();
        if (std::max(end, address + memory) > INT32_MAX)
            throw Error("the EFI program would have more than 2 GiB, which no firmware loads")
                .hint("the format raw-efi-verity, which does not keep the system in one file");
        header.memory_size = static_cast<uint32_t>(memory);
        header.address = static_cast<uint32_t>(address);
        header.file_size =
            static_cast<uint32_t>(round_up(section.content.size(), layout.file_alignment));
        header.file_offset = static_cast<uint32_t>(head.size() + body.size());
        header.flags = initialised_readable;
        std::memcpy(head.data() + entry, &header, sizeof header);
        entry += sizeof header;
        address += memory;
        body.add(section.content);
        body.align(layout.file_alignment);
    }
    size_t coff_at = field<Le<uint32_t>>(head, 0x3c);
    Le<uint16_t> count = static_cast<uint16_t>(layout.sections + sections.size());
    std::memcpy(head.data() + coff_at + offsetof(CoffHeader, sections), &count, sizeof count);
    set(head, coff_at + offsetof(CoffHeader, symbols), 0);
    set(head, coff_at + offsetof(CoffHeader, symbol_count), 0);
    set(head, layout.checksum, 0);
    set(head, layout.checksum - at_checksum + at_image_size,
        static_cast<uint32_t>(round_up(address, alignment)));
    Extents whole(std::move(head));
    whole.add(body);
    return whole;
}

} // namespace coracle
