// SPDX-License-Identifier: Apache-2.0
#include "run/firmware_watch.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"

namespace coracle {

void FirmwareTalk::hear(std::string_view text) {
    constexpr size_t longest_line = 4096;
    for (char c : text) {
        if (c != '\n') {
            if (line_.size() < longest_line)
                line_ += c;
            continue;
        }
        auto says = [&](std::string_view what) { return line_.find(what) != line_.npos; };
        if (says("BdsDxe: failed to load ") &&
            (says(": Access Denied") || says(": Security Violation")))
            denied_ = true;
        else if (says("BdsDxe: No bootable option or device was found"))
            refused_ = refused_ || denied_;
        line_.clear();
    }
}

FirmwareWatch::FirmwareWatch() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        throw Error::system(errno, "make a pipe");
    read_.reset(ends[0]);
    write_.reset(ends[1]);
    ::fcntl(write_.get(), F_SETFD, 0);
}

std::string FirmwareWatch::path() const { return fmt::format("/dev/fd/{}", write_.get()); }

bool FirmwareWatch::take(Child& qemu) {
    char buffer[4096];
    size_t count = read_some(read_.get(), buffer, sizeof buffer, -1, "the console");
    bool before = refused();
    talk_.hear({buffer, count});
    if (refused() && !before)
        qemu.terminate();
    return count > 0;
}

} // namespace coracle
