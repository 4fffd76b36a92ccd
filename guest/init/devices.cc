// SPDX-License-Identifier: Apache-2.0
#include "init/devices.h"

#include <algorithm>

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "common/directory.h"
#include "common/words.h"

namespace coracle::guest {

namespace {

void read_modalias(const std::string& path, std::vector<std::string>& list) {
    Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    char buffer[4096];
    ssize_t count = fd ? ::read(fd.get(), buffer, sizeof buffer) : 0;
    if (count > 0)
        for_each_line(std::string_view(buffer, static_cast<size_t>(count)),
                      [&](std::string_view line) { list.emplace_back(line); });
}

} // namespace

std::vector<std::string> present_modaliases(const std::string& sysfs) {
    // Every device with a modalias is linked from its bus or, without one, from its class: that is
    // a fraction of what a walk through /sys/devices would have to open.
    std::vector<std::string> list;
    for (const auto& bus : names_in(sysfs + "/bus")) {
        std::string devices = sysfs + "/bus/" + bus + "/devices/";
        for (const auto& device : names_in(devices))
            read_modalias(devices + device + "/modalias", list);
    }
    for (const char* type : {"/class/input/", "/class/dmi/"})
        for (const auto& device : names_in(sysfs + type))
            read_modalias(sysfs + type + device + "/modalias", list);
    read_modalias(sysfs + "/devices/system/cpu/modalias", list);
    std::ranges::sort(list);
    list.erase(std::ranges::unique(list).begin(), list.end());
    return list;
}

std::optional<Uevent> parse_uevent(std::string_view datagram) {
    // udev's own datagrams begin with "libudev"; the kernel's with "ACTION@DEVPATH".
    if (datagram.substr(0, datagram.find('\0')).find('@') == datagram.npos)
        return std::nullopt;
    Uevent event;
    while (!datagram.empty()) {
        auto field = datagram.substr(0, datagram.find('\0'));
        datagram.remove_prefix(std::min(field.size() + 1, datagram.size()));
        auto equals = field.find('=');
        auto key = field.substr(0, equals);
        auto value = equals == field.npos ? std::string_view() : field.substr(equals + 1);
        if (key == "ACTION")
            event.action = value;
        else if (key == "SUBSYSTEM")
            event.subsystem = value;
        else if (key == "DEVNAME")
            event.device = value;
        else if (key == "MODALIAS")
            event.modalias = value;
    }
    return event;
}

} // namespace coracle::guest
