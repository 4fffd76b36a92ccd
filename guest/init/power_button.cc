// SPDX-License-Identifier: Apache-2.0
#include "init/power_button.h"

#include <algorithm>
#include <cstring>

#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/input.h>
#include <linux/netlink.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "common/directory.h"

namespace coracle::guest {

namespace {

constexpr size_t payload_at = NLMSG_HDRLEN + GENL_HDRLEN;

/// The group "acpi_mc_group" of the family's groups, a list of nests with a name and a number.
std::optional<uint32_t> first_group(std::string_view groups) {
    for (uint16_t index = 1; index < 8; ++index) {
        auto group = find_attribute(groups, index);
        auto number = group ? find_attribute(*group, CTRL_ATTR_MCAST_GRP_ID) : std::nullopt;
        uint32_t value = 0;
        if (number && number->size() == sizeof value) {
            std::memcpy(&value, number->data(), sizeof value);
            return value;
        }
    }
    return std::nullopt;
}

bool has_power_key(int fd) {
    unsigned char keys[KEY_MAX / 8 + 1] = {};
    return ::ioctl(fd, EVIOCGBIT(EV_KEY, sizeof keys), keys) > 0 &&
           (keys[KEY_POWER / 8] & (1u << (KEY_POWER % 8))) != 0;
}

} // namespace

PowerButton::PowerButton() {
    try {
        listen_to_acpi();
    } catch (const Error&) {
        acpi_.reset(); // a machine without ACPI
    }
    for (const auto& name : names_in("/dev/input"))
        add_input("input/" + name);
}

void PowerButton::listen_to_acpi() {
    acpi_.emplace(NETLINK_GENERIC);
    genlmsghdr header{};
    header.cmd = CTRL_CMD_GETFAMILY;
    header.version = 1;
    NetlinkMessage question(GENL_ID_CTRL, 0);
    question.structure(header).text(CTRL_ATTR_FAMILY_NAME, "acpi_event");
    std::string answer = acpi_->request(question, "find the netlink family 'acpi_event'");
    std::string_view attributes(answer);
    attributes.remove_prefix(std::min<size_t>(GENL_HDRLEN, attributes.size()));
    auto groups = find_attribute(attributes, CTRL_ATTR_MCAST_GROUPS);
    auto group = groups ? first_group(*groups) : std::nullopt;
    if (group)
        acpi_->join(*group);
    else
        acpi_.reset();
}

void PowerButton::add_input(const std::string& device) {
    if (!device.starts_with("input/event"))
        return;
    Fd fd(::open(("/dev/" + device).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (fd && has_power_key(fd.get()))
        inputs_.push_back(std::move(fd));
}

std::vector<int> PowerButton::descriptors() const {
    std::vector<int> list;
    if (acpi_)
        list.push_back(acpi_->fd());
    for (const auto& input : inputs_)
        list.push_back(input.get());
    return list;
}

bool PowerButton::pressed(int descriptor) {
    bool pressed = false;
    if (acpi_ && descriptor == acpi_->fd()) {
        bool lost = false;
        while (auto datagram = acpi_->receive(lost))
            pressed = pressed || is_acpi_power_button(*datagram);
        return pressed;
    }
    input_event event{};
    ssize_t count;
    while ((count = ::read(descriptor, &event, sizeof event)) == sizeof event)
        pressed = pressed || (event.type == EV_KEY && event.code == KEY_POWER && event.value == 1);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
        std::erase_if(inputs_, [&](const Fd& fd) { return fd.get() == descriptor; });
    return pressed;
}

bool is_acpi_power_button(std::string_view datagram) {
    constexpr uint16_t event_attribute = 1; // ACPI_GENL_ATTR_EVENT
    if (datagram.size() < payload_at)
        return false;
    auto event = find_attribute(datagram.substr(payload_at), event_attribute);
    return event && event->starts_with("button/power");
}

} // namespace coracle::guest
