// SPDX-License-Identifier: Apache-2.0
#include "base/fd.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"

namespace coracle {

void Fd::reset(int number) noexcept {
    if (number_ >= 0)
        ::close(number_);
    number_ = number;
}

Fd open_fd(const std::string& path, int flags, mode_t mode) {
    int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    if (fd < 0)
        throw Error::system(errno, fmt::format("open '{}'", path));
    return Fd(fd);
}

void write_all(int fd, std::string_view data, std::string_view name) {
    while (!data.empty()) {
        ssize_t done = ::write(fd, data.data(), data.size());
        if (done < 0) {
            if (errno == EINTR)
                continue;
            throw Error::system(errno, fmt::format("write '{}'", name));
        }
        data.remove_prefix(static_cast<size_t>(done));
    }
}

size_t read_some(int fd, char* data, size_t size, off_t offset, std::string_view name) {
    for (;;) {
        ssize_t done = offset < 0 ? ::read(fd, data, size) : ::pread(fd, data, size, offset);
        if (done >= 0)
            return static_cast<size_t>(done);
        if (errno != EINTR)
            throw Error::system(errno, fmt::format("read '{}'", name));
    }
}

} // namespace coracle
