// SPDX-License-Identifier: Apache-2.0
#include "disk/fat_directory.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>

#include "base/error.h"
#include "base/on_disk.h"
#include "base/text.h"

namespace coracle {

namespace {

struct ShortEntry {
    char name[11];
    unsigned char attributes;
    unsigned char case_flags;
    unsigned char created_tenths = 0;
    Le<uint16_t> created_time;
    Le<uint16_t> created_date;
    Le<uint16_t> accessed_date;
    Le<uint16_t> cluster_high;
    Le<uint16_t> modified_time;
    Le<uint16_t> modified_date;
    Le<uint16_t> cluster_low;
    Le<uint32_t> size;
};
static_assert(sizeof(ShortEntry) == 32);

struct LongEntry {
    unsigned char order;
    Le<uint16_t> first[5];
    unsigned char attributes = 0x0f;
    unsigned char type = 0;
    unsigned char checksum;
    Le<uint16_t> second[6];
    Le<uint16_t> zero;
    Le<uint16_t> third[2];
};
static_assert(sizeof(LongEntry) == 32);

constexpr unsigned char label_attribute = 0x08;
constexpr unsigned char directory_attribute = 0x10;
constexpr unsigned char file_attribute = 0x20;
constexpr unsigned char lower_base = 0x08;
constexpr unsigned char lower_extension = 0x10;
constexpr size_t longest_name = 255;
constexpr size_t long_part = 13;
constexpr size_t most_entries = 65536;

struct Stamp {
    uint16_t date;
    uint16_t time;
};

/// FAT counts from 1980 to 2107.
Stamp stamp_of(int64_t seconds) {
    constexpr int64_t year_1980 = 315532800;
    constexpr int64_t end_of_2107 = 4354819198;
    std::time_t when = std::clamp(seconds, year_1980, end_of_2107);
    std::tm parts{};
    ::gmtime_r(&when, &parts);
    return {
        static_cast<uint16_t>((parts.tm_year - 80) << 9 | (parts.tm_mon + 1) << 5 | parts.tm_mday),
        static_cast<uint16_t>(parts.tm_hour << 11 | parts.tm_min << 5 | parts.tm_sec / 2)};
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
char upper(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }
bool is_short_character(char c) {
    return is_upper(c) || (c >= '0' && c <= '9') ||
           std::string_view("$%'-_@~`!(){}^#&").find(c) != std::string_view::npos;
}

struct Short {
    std::string name; ///< 11 characters
    unsigned char case_flags = 0;
};

/// The name as one of 8.3 whose parts are each of one case, or nullopt.
std::optional<Short> as_short(std::string_view name) {
    auto dot = name.find('.');
    auto base = name.substr(0, dot);
    auto extension = dot == name.npos ? std::string_view() : name.substr(dot + 1);
    bool fits = !base.empty() && base.size() <= 8 && extension.size() <= 3 &&
                (dot == name.npos || !extension.empty());
    if (!fits)
        return std::nullopt;
    Short result{std::string(11, ' ')};
    auto take = [&](std::string_view part, size_t at, unsigned char flag) {
        bool lower = std::ranges::any_of(part, is_lower);
        if (lower && std::ranges::any_of(part, is_upper))
            return false;
        std::ranges::transform(part, result.name.begin() + static_cast<std::ptrdiff_t>(at), upper);
        if (lower)
            result.case_flags = static_cast<unsigned char>(result.case_flags | flag);
        return std::ranges::all_of(part, [](char c) { return is_short_character(upper(c)); });
    };
    if (!take(base, 0, lower_base) || !take(extension, 8, lower_extension))
        return std::nullopt;
    return result;
}

/// What is left of a part of a name in 8.3.
std::string squeeze(std::string_view part, size_t most) {
    std::string text;
    for (char c : part)
        if (c != ' ' && c != '.' && text.size() < most)
            text += is_short_character(upper(c)) ? upper(c) : '_';
    return text;
}

unsigned char checksum_of(std::string_view short_name) {
    unsigned sum = 0;
    for (char c : short_name)
        sum = ((sum >> 1 | sum << 7) + static_cast<unsigned char>(c)) & 0xff;
    return static_cast<unsigned char>(sum);
}

std::string long_entries(const std::u16string& name, std::string_view short_name) {
    size_t count = (name.size() + long_part - 1) / long_part;
    std::string bytes;
    for (size_t i = count; i-- > 0;) {
        LongEntry entry;
        entry.order = static_cast<unsigned char>((i + 1) | (i + 1 == count ? 0x40 : 0));
        entry.checksum = checksum_of(short_name);
        for (size_t k = 0; k < long_part; ++k) {
            size_t at = i * long_part + k;
            auto unit = static_cast<uint16_t>(at < name.size()    ? name[at]
                                              : at == name.size() ? 0
                                                                  : 0xffff);
            (k < 5 ? entry.first[k] : k < 11 ? entry.second[k - 5] : entry.third[k - 11]) = unit;
        }
        bytes.append(reinterpret_cast<const char*>(&entry), sizeof entry);
    }
    return bytes;
}

/// One character of UTF-8 off the front of `text`; nullopt where it is none.
std::optional<char32_t> take_character(std::string_view& text) {
    auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
    size_t length = byte(0) < 0x80             ? 1
                    : (byte(0) & 0xe0) == 0xc0 ? 2
                    : (byte(0) & 0xf0) == 0xe0 ? 3
                    : (byte(0) & 0xf8) == 0xf0 ? 4
                                               : 0;
    if (length == 0 || length > text.size())
        return std::nullopt;
    constexpr std::array<char32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
    char32_t character = length == 1 ? byte(0) : byte(0) & (0x7fU >> length);
    for (size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80)
            return std::nullopt;
        character = character << 6 | (byte(i) & 0x3fU);
    }
    bool surrogate = character >= 0xd800 && character < 0xe000;
    if (character < least[length] || character > 0x10ffff || surrogate)
        return std::nullopt;
    text.remove_prefix(length);
    return character;
}

} // namespace

std::u16string fat_name(std::string_view name) {
    auto refuse = [&](std::string_view cause) {
        return Error("'{}' cannot be in a FAT file system: {}", printable(name), cause);
    };
    std::u16string units;
    for (auto rest = name; !rest.empty();) {
        auto character = take_character(rest);
        if (!character)
            throw refuse("its name is not UTF-8");
        if (*character < 0x20 || *character == 0x7f ||
            std::u32string_view(U"\"*/:<>?\\|").find(*character) != std::u32string_view::npos)
            throw refuse("its name has a character that is not allowed there");
        if (*character >= 0x10000) {
            units += static_cast<char16_t>(0xd800 + ((*character - 0x10000) >> 10));
            units += static_cast<char16_t>(0xdc00 + ((*character - 0x10000) & 0x3ff));
        } else {
            units += static_cast<char16_t>(*character);
        }
    }
    if (units.empty() || name == "." || name == "..")
        throw refuse("that is no name");
    if (name.ends_with('.') || name.ends_with(' '))
        throw refuse("its name ends in a dot or a space");
    if (units.size() > longest_name)
        throw refuse("its name is too long");
    return units;
}

std::u16string fold_case(std::u16string name) {
    for (char16_t& c : name) {
        bool latin = (c >= u'a' && c <= u'z') || (c >= 0xe0 && c <= 0xfe && c != 0xf7);
        bool greek = c >= 0x3b1 && c <= 0x3c9 && c != 0x3c2;
        bool cyrillic = c >= 0x430 && c <= 0x44f;
        if (latin || greek || cyrillic)
            c = static_cast<char16_t>(c - 0x20);
        else if (c >= 0x450 && c <= 0x45f)
            c = static_cast<char16_t>(c - 0x50);
        else if (c >= 0x100 && c <= 0x137 && c % 2 == 1)
            c = static_cast<char16_t>(c - 1);
    }
    return name;
}

void FatDirectory::put(std::string_view short_name, unsigned char attributes,
                       unsigned char case_flags, uint32_t cluster, uint32_t size) {
    Stamp stamp = stamp_of(time_);
    ShortEntry entry;
    short_name.copy(entry.name, sizeof entry.name);
    entry.attributes = attributes;
    entry.case_flags = case_flags;
    entry.created_time = entry.modified_time = stamp.time;
    entry.created_date = entry.modified_date = entry.accessed_date = stamp.date;
    entry.cluster_high = static_cast<uint16_t>(cluster >> 16);
    entry.cluster_low = static_cast<uint16_t>(cluster);
    entry.size = size;
    bytes_.append(reinterpret_cast<const char*>(&entry), sizeof entry);
    if (bytes_.size() / sizeof entry > most_entries)
        throw Error("a directory of a FAT file system has at most {} entries", most_entries);
}

std::string FatDirectory::alias_for(std::string_view name) {
    auto dot = name.rfind('.');
    bool has_extension = dot != name.npos && dot > 0;
    std::string base = squeeze(has_extension ? name.substr(0, dot) : name, 8);
    std::string extension = has_extension ? squeeze(name.substr(dot + 1), 3) : "";
    if (base.empty())
        base = "_";
    for (unsigned& number = numbers_[base + "." + extension];;) {
        std::string tail = fmt::format("~{}", ++number);
        std::string alias =
            fmt::format("{:<8}{:<3}", base.substr(0, 8 - tail.size()) + tail, extension);
        if (!shorts_.contains(alias))
            return alias;
    }
}

void FatDirectory::add(std::string_view name, unsigned char attributes, uint32_t cluster,
                       uint32_t size) {
    std::u16string units = fat_name(name);
    if (!names_.insert(fold_case(units)).second)
        throw Error("'{}' is in the directory twice, in a FAT file system, which takes upper and "
                    "lower case for the same",
                    printable(name));
    auto plain = as_short(name);
    if (plain && shorts_.insert(plain->name).second) {
        put(plain->name, attributes, plain->case_flags, cluster, size);
        return;
    }
    std::string alias = alias_for(name);
    shorts_.insert(alias);
    bytes_ += long_entries(units, alias);
    put(alias, attributes, 0, cluster, size);
}

void FatDirectory::add_label(std::string_view label) {
    put(fmt::format("{:<11}", label), label_attribute, 0, 0, 0);
}

void FatDirectory::add_dot(std::string_view name, uint32_t cluster) {
    put(fmt::format("{:<11}", name), directory_attribute, 0, cluster, 0);
}

void FatDirectory::add_file(std::string_view name, uint32_t cluster, uint32_t size) {
    add(name, file_attribute, cluster, size);
}

void FatDirectory::add_directory(std::string_view name, uint32_t cluster) {
    add(name, directory_attribute, cluster, 0);
}

} // namespace coracle
