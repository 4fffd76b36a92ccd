// SPDX-License-Identifier: Apache-2.0
#include "service/signals.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace coracle::guest {

bool status_catches_signal(std::string_view status, int signal) {
    constexpr std::string_view key = "\nSigCgt:";
    auto at = status.find(key);
    if (at == status.npos)
        return true;
    auto line = status.substr(at + key.size());
    auto mask = parse_number(trim(line.substr(0, line.find('\n'))), 16);
    return !mask || (*mask >> (signal - 1) & 1) != 0;
}

bool catches_signal(pid_t process, int signal) {
    try {
        return status_catches_signal(read_file(fmt::format("/proc/{}/status", process)), signal);
    } catch (const Error&) {
        return true;
    }
}

} // namespace coracle::guest
