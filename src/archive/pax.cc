// SPDX-License-Identifier: Apache-2.0
#include "archive/pax.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/text.h"

namespace coracle {

namespace {

constexpr std::string_view xattr_prefix = "SCHILY.xattr.";

uint64_t number(const std::string& key, const std::string& value, uint64_t most) {
    auto parsed = parse_number(value);
    if (!parsed || *parsed > most)
        throw Error("the PAX record {}={} is not a number from 0 to {}", key, value, most);
    return *parsed;
}

/// Seconds, rounded down: "1700000000.25", "-1.5".
int64_t time_of(const std::string& value) {
    std::string_view text = value;
    bool negative = text.starts_with('-');
    text.remove_prefix(negative ? 1 : 0);
    auto dot = text.find('.');
    auto whole = parse_number(text.substr(0, dot));
    auto fraction = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
    if (!whole || *whole > uint64_t{1} << 60 ||
        fraction.find_first_not_of("0123456789") != std::string_view::npos)
        throw Error("the PAX record mtime={} is not a time", value);
    auto seconds = static_cast<int64_t>(*whole);
    if (!negative)
        return seconds;
    bool partial = fraction.find_first_not_of('0') != std::string_view::npos;
    return -seconds - (partial ? 1 : 0);
}

} // namespace

PaxRecords parse_pax(std::string_view text) {
    PaxRecords records;
    while (!text.empty()) {
        auto space = text.find(' ');
        auto length = parse_number(text.substr(0, std::min(space, size_t{12})));
        if (space == std::string_view::npos || !length || *length > text.size() ||
            *length < space + 4 || text[*length - 1] != '\n')
            throw Error("a PAX record has a wrong length");
        auto record = text.substr(space + 1, *length - space - 2);
        auto equals = record.find('=');
        if (equals == std::string_view::npos || equals == 0)
            throw Error("a PAX record has no key");
        records.insert_or_assign(std::string(record.substr(0, equals)),
                                 std::string(record.substr(equals + 1)));
        text.remove_prefix(*length);
    }
    return records;
}

std::string pax_record(std::string_view key, std::string_view value) {
    size_t rest = key.size() + value.size() + 3;
    size_t length = rest + 1;
    while (fmt::formatted_size("{}", length) + rest != length)
        length = fmt::formatted_size("{}", length) + rest;
    return fmt::format("{} {}={}\n", length, key, value);
}

void apply_pax(const PaxRecords& records, Entry& entry) {
    constexpr uint64_t most_id = std::numeric_limits<uint32_t>::max();
    for (const auto& [key, value] : records) {
        if (key == "mtime")
            entry.mtime = time_of(value);
        else if (key == "uid")
            entry.uid = static_cast<uint32_t>(number(key, value, most_id));
        else if (key == "gid")
            entry.gid = static_cast<uint32_t>(number(key, value, most_id));
        else if (key == "size")
            entry.size = number(key, value, uint64_t{1} << 62);
        else if (key.starts_with("GNU.sparse."))
            throw Error("sparse files are not supported in layers");
        else if (key.starts_with(xattr_prefix) && key.size() > xattr_prefix.size())
            entry.xattrs.insert_or_assign(key.substr(xattr_prefix.size()), value);
    }
}

} // namespace coracle
