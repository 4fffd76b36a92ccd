// SPDX-License-Identifier: Apache-2.0
#include "common/ending.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <iterator>

#include "base/error.h"

namespace coracle::guest {

namespace {

struct Asked {
    int signal;
    Ending ending;
    std::string_view name; ///< of the command that sends it
};

constexpr Asked requests[] = {
    {SIGTERM, Ending::reboot, "reboot"},
    {SIGUSR1, Ending::halt, "halt"},
    {SIGUSR2, Ending::poweroff, "poweroff"},
    {SIGPWR, Ending::poweroff, {}},
    {SIGINT, Ending::reboot, {}},
};

} // namespace

std::optional<Ending> ending_for(int signal) {
    auto entry = std::ranges::find(requests, signal, &Asked::signal);
    return entry == std::end(requests) ? std::nullopt : std::optional(entry->ending);
}

std::optional<Ending> ending_named(std::string_view name) {
    auto entry = std::ranges::find(requests, name, &Asked::name);
    return name.empty() || entry == std::end(requests) ? std::nullopt
                                                       : std::optional(entry->ending);
}

void ask_init(Ending ending) {
    int signal = std::ranges::find(requests, ending, &Asked::ending)->signal;
    if (::kill(1, signal) != 0)
        throw Error::system(errno, "signal PID 1");
}

} // namespace coracle::guest
