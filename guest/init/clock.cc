// SPDX-License-Identifier: Apache-2.0
#include "init/clock.h"

#include <cerrno>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <linux/rtc.h>
#include <sys/ioctl.h>

#include "base/fd.h"
#include "common/console.h"

namespace coracle::guest {

void set_clock_if_unset() {
    constexpr time_t year_2020 = 1577836800;
    if (::time(nullptr) >= year_2020)
        return;
    Fd clock(::open("/dev/rtc0", O_RDONLY | O_CLOEXEC));
    rtc_time read{};
    if (!clock || ::ioctl(clock.get(), RTC_RD_TIME, &read) != 0)
        return;
    tm parts{};
    parts.tm_sec = read.tm_sec;
    parts.tm_min = read.tm_min;
    parts.tm_hour = read.tm_hour;
    parts.tm_mday = read.tm_mday;
    parts.tm_mon = read.tm_mon;
    parts.tm_year = read.tm_year;
    timespec now{::timegm(&parts), 0};
    if (::clock_settime(CLOCK_REALTIME, &now) != 0)
        complain("cannot set the clock: {}", std::strerror(errno));
}

} // namespace coracle::guest
