// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace coracle::guest {

/// Sets the clock from /dev/rtc0 when the kernel has not done so itself (it shows a time before
/// 2020).
void set_clock_if_unset();

} // namespace coracle::guest
