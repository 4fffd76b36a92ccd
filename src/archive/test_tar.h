// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/pax.h"
#include "archive/tar_format.h"
#include "archive/tar_reader.h"
#include "base/error.h"
#include "io/memory.h"

namespace coracle::test {

/// Makes tar archives header by header, also those that no good writer makes.
class TarText {
public:
    using Edit = std::function<void(UstarHeader&)>;

    /// One header and its content. `edit` may change the header before its checksum is made.
    TarText& add(std::string_view name, char type, std::string_view content = {},
                 const Edit& edit = {}) {
        UstarHeader header{};
        put(header.name, name);
        put(header.mode, type == '5' ? "0000755" : "0000644");
        put(header.uid, "0000000");
        put(header.gid, "0000000");
        put(header.size, fmt::format("{:011o}", content.size()));
        put(header.mtime, "00000000000");
        header.type = type;
        std::memcpy(header.magic,
                    "ustar\0"
                    "00",
                    8);
        if (edit)
            edit(header);
        std::memcpy(header.checksum, fmt::format("{:06o}", tar_checksum(header)).c_str(), 7);
        header.checksum[7] = ' ';
        text_.append(reinterpret_cast<const char*>(&header), sizeof header);
        text_ += content;
        text_.append(tar_padding(content.size()), '\0');
        return *this;
    }

    TarText& file(std::string_view name, std::string_view content = {}) {
        return add(name, '0', content);
    }
    TarText& directory(std::string_view name) { return add(name, '5'); }
    TarText& symlink(std::string_view name, std::string_view target) {
        return link(name, '2', target);
    }
    TarText& hard_link(std::string_view name, std::string_view target) {
        return link(name, '1', target);
    }
    TarText& device(std::string_view name, unsigned major, unsigned minor) {
        return add(name, '3', {}, [&](UstarHeader& header) {
            put(header.device_major, fmt::format("{:07o}", major));
            put(header.device_minor, fmt::format("{:07o}", minor));
        });
    }
    /// A PAX header with these records, for the entry that follows.
    TarText& pax(const std::vector<std::pair<std::string, std::string>>& records) {
        std::string text;
        for (const auto& [key, value] : records)
            text += pax_record(key, value);
        return add("PaxHeaders/x", 'x', text);
    }

    TarText& raw(std::string_view bytes) {
        text_ += bytes;
        return *this;
    }

    /// Without the end mark.
    const std::string& open() const { return text_; }
    std::string str() const { return text_ + std::string(2 * tar_block, '\0'); }

    template <size_t N>
    static void put(char (&field)[N], std::string_view text) {
        std::memset(field, 0, N);
        std::memcpy(field, text.data(), std::min(N, text.size()));
    }

private:
    TarText& link(std::string_view name, char type, std::string_view target) {
        return add(name, type, {}, [&](UstarHeader& header) { put(header.link_name, target); });
    }

    std::string text_;
};

/// An entry with its content.
struct Read {
    Entry entry;
    std::string content;
};

inline std::vector<Read> read_tar(std::string_view text, TarLimits limits = {}) {
    MemorySource source(text);
    TarReader tar(source, limits);
    std::vector<Read> all;
    while (auto entry = tar.next()) {
        std::string content = read_all(tar.content());
        all.push_back({std::move(*entry), std::move(content)});
    }
    return all;
}

/// What reading an archive fails with, or "".
inline std::string tar_error(std::string_view text, TarLimits limits = {}) {
    try {
        read_tar(text, limits);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

} // namespace coracle::test
