// SPDX-License-Identifier: Apache-2.0
#include "spec/entry_check.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "spec/decoder.h"
#include "spec/rules.h"

namespace coracle {

namespace {

constexpr auto well_known =
    std::to_array<std::string_view>({"mqueue", "devpts", "proc", "sysfs", "cgroup"});

std::string usual_place(std::string_view type) {
    if (type == "proc")
        return "/proc";
    if (type == "devpts")
        return "/dev/pts";
    if (type == "sysfs")
        return "/sys";
    if (type == "cgroup")
        return "/sys/fs/cgroup";
    if (type == "mqueue")
        return "/dev/mqueue";
    return {};
}

bool is_all_or_none(const std::string& word) {
    std::string lower = word;
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lower == "all" || lower == "none";
}

void check_capabilities(Decoder& decoder, const ImageEntry& entry, const std::string& key,
                        const std::optional<Strings>& names) {
    if (!names || names->size() < 2)
        return;
    for (size_t i = 0; i < names->size(); ++i)
        if (is_all_or_none((*names)[i]))
            decoder.error(entry.place(fmt::format("{}[{}]", key, i)),
                          fmt::format("'{}' stands beside other capabilities", (*names)[i]),
                          fmt::format("write [{}] alone", (*names)[i]));
}

void check_device(Decoder& decoder, const DeviceSpec& device, const Location& at) {
    if (device.path == "all" || device.path.empty())
        return;
    if (!device.mode || device.mode->empty())
        decoder.error(at, fmt::format("device '{}' has no 'mode'", device.path),
                      "write it in octal, as in mode: \"0666\"");
    if (!device.type)
        decoder.error(at, fmt::format("device '{}' has no 'type'", device.path),
                      "it is c for a character device, b for a block device, p for a fifo");
    else if (*device.type == "a")
        decoder.error(at, fmt::format("device '{}' cannot be of type 'a'", device.path),
                      "only path: all can");
}

/// What is added is added to the label's, which the other key replaces.
void warn_of_additions(Decoder& decoder, const ImageEntry& entry) {
    if (decoder.place() == in_label)
        return;
    if (entry.capabilities && entry.capabilities_add)
        decoder.warning(entry.place("capabilities.add"),
                        "'capabilities.add' has no effect beside 'capabilities'");
    if (entry.binds && entry.binds_add)
        decoder.warning(entry.place("binds.add"), "'binds.add' has no effect beside 'binds'");
}

} // namespace

CompleteMount complete_mount(const MountSpec& mount) {
    CompleteMount result{.destination = mount.destination.value_or(""),
                         .type = mount.type.value_or(""),
                         .source = mount.source.value_or("")};
    if (result.type.empty() && std::ranges::find(well_known, result.source) != well_known.end())
        result.type = result.source;
    if (result.type.empty() && result.destination == "/dev")
        result.type = "tmpfs";
    if (result.type.empty())
        throw Error("the mount for destination '{}' has no 'type'", result.destination);
    if (result.source.empty())
        result.source = result.type;
    if (result.destination.empty())
        result.destination = usual_place(result.type);
    if (result.destination.empty())
        throw Error("the mount of type '{}' has no 'destination'", result.type);
    return result;
}

const Location& ImageEntry::place(const std::string& key) const {
    auto found = places.find(key);
    return found == places.end() ? at : found->second;
}

bool names_profile(const ImageEntry& entry) {
    return entry.seccomp && *entry.seccomp != "default" && *entry.seccomp != "unconfined";
}

void check_entry(Decoder& decoder, const ImageEntry& entry) {
    check_capabilities(decoder, entry, "capabilities", entry.capabilities);
    check_capabilities(decoder, entry, "ambient", entry.ambient);
    const auto& mounts = each(entry.mounts);
    for (size_t i = 0; i < mounts.size(); ++i)
        try {
            complete_mount(mounts[i]);
        } catch (const Error& fault) {
            decoder.error(entry.place(fmt::format("mounts[{}]", i)), fault.message());
        }
    const auto& devices = each(entry.devices);
    for (size_t i = 0; i < devices.size(); ++i)
        check_device(decoder, devices[i], entry.place(fmt::format("devices[{}]", i)));
    warn_of_additions(decoder, entry);
    if (decoder.place() == in_label && names_profile(entry))
        decoder.error(entry.place("seccomp"), "a label cannot name a file of the builder",
                      "it may be default or unconfined");
    if (decoder.strict() && entry.userns == "auto")
        decoder.error(entry.place("userns"), "LinuxKit has no 'userns: auto'");
}

} // namespace coracle
