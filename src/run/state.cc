// SPDX-License-Identifier: Apache-2.0
#include "run/state.h"

#include <algorithm>
#include <cctype>
#include <cerrno>

#include <sys/random.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace coracle {

namespace {

constexpr const char* mac_file = "mac-addr";
constexpr const char* uuid_file = "uuid";

std::string random_bytes(size_t count) {
    std::string bytes(count, '\0');
    if (::getrandom(bytes.data(), count, 0) != static_cast<ssize_t>(count))
        throw Error::system(errno, "get random bytes");
    return bytes;
}

std::string hex_with(std::string_view bytes, char separator, std::string_view groups) {
    std::string hex = to_hex(bytes), text;
    size_t at = 0;
    for (char group : groups) {
        if (at > 0)
            text += separator;
        text += hex.substr(at, static_cast<size_t>(group));
        at += static_cast<size_t>(group);
    }
    return text;
}

std::string new_mac() {
    auto bytes = random_bytes(6);
    bytes[0] = 0x02; // locally administered, for one station
    return hex_with(bytes, ':', "\2\2\2\2\2\2");
}

std::string new_uuid() {
    auto bytes = random_bytes(16);
    bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
    bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
    return hex_with(bytes, '-', "\10\4\4\4\14");
}

/// The value kept in a file, provided it has the form of `example`: hexadecimal digits and
/// separators.
std::string kept_or(const std::string& path, std::string fresh) {
    auto kept = read_file_if_present(path, 4096);
    if (!kept)
        return fresh;
    std::string value(trim(*kept));
    auto alike = [](char a, char b) {
        bool digits = std::isxdigit(static_cast<unsigned char>(a)) != 0 &&
                      std::isxdigit(static_cast<unsigned char>(b)) != 0;
        return digits || a == b;
    };
    if (!std::ranges::equal(value, fresh, alike))
        throw Error("'{}' does not hold what it should, like {}", path, fresh)
            .hint(fmt::format("rm {}", shell_quote(path)));
    return value;
}

} // namespace

MachineState read_state(const std::string& directory) {
    MachineState state{directory, "", ""};
    state.mac = kept_or(state / mac_file, new_mac());
    state.uuid = kept_or(state / uuid_file, new_uuid());
    return state;
}

void keep_state(const MachineState& state) {
    make_directories(state.directory);
    write_file(state / mac_file, state.mac + "\n");
    write_file(state / uuid_file, state.uuid + "\n");
}

} // namespace coracle
