// SPDX-License-Identifier: Apache-2.0
#include "format/shared_parts.h"

#include <cerrno>

#include <fcntl.h>

#include "base/error.h"

namespace coracle {

int SharedParts::hold(Fd file) {
    return files_.with([&](auto& files) { return files.emplace_back(std::move(file)).get(); });
}

void ExtentsSink::write_file(int fd, uint64_t offset, uint64_t size) {
    // Whoever writes closes its file when it has written.
    Fd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (!copy)
        throw Error::system(errno, "keep a file open");
    extents_.add_file(shared_.hold(std::move(copy)), offset, size);
}

} // namespace coracle
