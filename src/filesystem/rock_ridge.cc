// SPDX-License-Identifier: Apache-2.0
#include "filesystem/rock_ridge.h"

#include <algorithm>
#include <ctime>

#include "base/error.h"
#include "base/text.h"
#include "filesystem/image.h"

namespace coracle::iso9660 {

namespace {

std::string field(std::string_view tag, std::string_view content) {
    std::string text(tag);
    text += static_cast<char>(4 + content.size());
    text += '\1'; // version
    text += content;
    return text;
}

/// The number as one of 64 bits, which all readers understand, as long as it is of the old kind;
/// else its two halves as Linux reads them.
std::string device_field(const TreeNode& node) {
    bool old = node.device_minor < 256 && node.device_major < 4096;
    uint32_t high = old ? 0 : node.device_major;
    uint32_t low = old ? node.device_major << 8 | node.device_minor : node.device_minor;
    return field("PN", both32(high) + both32(low));
}

constexpr size_t most_content = 250;
constexpr char continues = 1;

} // namespace

std::string both16(uint16_t value) {
    auto low = static_cast<char>(value & 0xff);
    auto high = static_cast<char>(value >> 8);
    return {low, high, high, low};
}

std::string both32(uint32_t value) {
    std::string text(8, '\0');
    for (size_t i = 0; i < 4; ++i)
        text[i] = text[7 - i] = static_cast<char>(value >> (8 * i) & 0xff);
    return text;
}

std::string short_time(int64_t time) {
    constexpr int64_t first = -2208988800; // 1900
    constexpr int64_t last = 5869583999;   // 2155
    auto seconds = static_cast<time_t>(std::clamp(time, first, last));
    tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::string text;
    for (int part : {parts.tm_year, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
                     parts.tm_sec, 0})
        text += static_cast<char>(part);
    return text;
}

Fields fields_of(const TreeNode& node, uint32_t links, uint32_t serial) {
    Fields fields;
    fields.push_back(field("PX", both32(mode_of(node)) + both32(links) + both32(node.uid) +
                                     both32(node.gid) + both32(serial)));
    constexpr char modify = 2;
    constexpr char access = 4;
    constexpr char change = 8;
    std::string time = short_time(node.mtime);
    fields.push_back(field("TF", char(modify | access | change) + time + time + time));
    if (node.type == EntryType::character || node.type == EntryType::block)
        fields.push_back(device_field(node));
    return fields;
}

Fields name_fields(std::string_view name) {
    Fields fields;
    for (size_t at = 0; at < name.size(); at += most_content - 1) {
        auto part = name.substr(at, most_content - 1);
        bool more = at + part.size() < name.size();
        fields.push_back(field("NM", (more ? continues : '\0') + std::string(part)));
    }
    return fields;
}

Fields link_fields(std::string_view target) {
    constexpr char current = 2;
    constexpr char parent = 4;
    constexpr char root = 8;
    std::vector<std::string> components;
    auto add = [&](char flags, std::string_view text) {
        components.push_back(std::string{flags, static_cast<char>(text.size())} +
                             std::string(text));
    };
    if (target.starts_with('/'))
        add(root, "");
    for (const auto& part : split(target, '/')) {
        if (part.empty())
            continue; // doubled slashes, and one at the end, say nothing
        if (part == "." || part == "..") {
            add(part == "." ? current : parent, "");
            continue;
        }
        for (size_t at = 0; at < part.size(); at += 200) {
            auto piece = std::string_view(part).substr(at, 200);
            add(at + piece.size() < part.size() ? continues : '\0', piece);
        }
    }
    Fields fields;
    std::string content;
    for (size_t i = 0; i < components.size(); ++i) {
        content += components[i];
        bool last = i + 1 == components.size();
        if (last || content.size() + components[i + 1].size() >= most_content) {
            fields.push_back(field("SL", (last ? '\0' : continues) + content));
            content.clear();
        }
    }
    return fields;
}

std::string sharing_field() { return field("SP", std::string("\xbe\xef\0", 3)); }

std::string extension_field() {
    constexpr std::string_view id = "RRIP_1991A";
    constexpr std::string_view description = "THE ROCK RIDGE INTERCHANGE PROTOCOL PROVIDES SUPPORT "
                                             "FOR POSIX FILE SYSTEM SEMANTICS";
    constexpr std::string_view source = "PLEASE CONTACT DISC PUBLISHER FOR SPECIFICATION SOURCE.  "
                                        "SEE PUBLISHER IDENTIFIER IN PRIMARY VOLUME DESCRIPTOR FOR "
                                        "CONTACT INFORMATION.";
    std::string content{static_cast<char>(id.size()), static_cast<char>(description.size()),
                        static_cast<char>(source.size()), '\1'};
    content += id;
    content += description;
    content += source;
    return field("ER", content);
}

std::string continuation_field(uint32_t block, uint32_t offset, uint32_t size) {
    return field("CE", both32(block) + both32(offset) + both32(size));
}

} // namespace coracle::iso9660
