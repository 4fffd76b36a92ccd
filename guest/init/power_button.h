// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "common/netlink.h"

namespace coracle::guest {

/// The machine's power button: what ACPI tells over generic netlink, and every input device with a
/// power key (where there is no ACPI).
class PowerButton {
public:
    /// Listens to ACPI and to the input devices that are there.
    PowerButton();

    /// Listens to one more input device, "input/eventN", if it has a power key.
    void add_input(const std::string& device);

    /// Descriptors to poll for input.
    std::vector<int> descriptors() const;
    /// Reads one of them that is ready; true when the button was pressed.
    bool pressed(int descriptor);

private:
    void listen_to_acpi();

    std::optional<NetlinkSocket> acpi_;
    std::vector<Fd> inputs_;
};

/// True for a datagram of the generic netlink family "acpi_event" that tells of the power button.
bool is_acpi_power_button(std::string_view datagram);

} // namespace coracle::guest
