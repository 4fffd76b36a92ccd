// SPDX-License-Identifier: Apache-2.0
#include "init/power_button.h"

#include <gtest/gtest.h>
#include <linux/genetlink.h>

namespace coracle::guest {
namespace {

/// A datagram as drivers/acpi/event.c of the kernel sends it.
std::string acpi_event(const std::string& device_class) {
    struct {
        char device_class[20] = {};
        char bus_id[15] = {};
        uint32_t type = 0x80, data = 1;
    } event;
    device_class.copy(event.device_class, sizeof event.device_class - 1);
    NetlinkMessage message(30, 0);
    message.structure(genlmsghdr{1, 1, 0});
    message.attribute(1, std::string_view(reinterpret_cast<const char*>(&event), sizeof event));
    return message.bytes();
}

TEST(PowerButton, IsSeenInAcpiEvents) {
    EXPECT_TRUE(is_acpi_power_button(acpi_event("button/power")));
    EXPECT_FALSE(is_acpi_power_button(acpi_event("button/sleep")));
    EXPECT_FALSE(is_acpi_power_button(acpi_event("ac_adapter")));
}

TEST(PowerButton, IgnoresShortDatagrams) {
    EXPECT_FALSE(is_acpi_power_button(""));
    EXPECT_FALSE(is_acpi_power_button(acpi_event("button/power").substr(0, 22)));
}

} // namespace
} // namespace coracle::guest
