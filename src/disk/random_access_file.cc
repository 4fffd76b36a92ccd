// SPDX-License-Identifier: Apache-2.0
#include "disk/random_access_file.h"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

#include "base/error.h"

namespace coracle {

namespace {
constexpr uint64_t chunk = 256 << 10;
}

void RandomAccessFile::write_at(uint64_t offset, std::string_view data) {
    while (!data.empty()) {
        ssize_t done = ::pwrite(fd_, data.data(), data.size(), static_cast<off_t>(offset));
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            throw Error::system(errno, fmt::format("write '{}'", name_));
        offset += static_cast<uint64_t>(done);
        data.remove_prefix(static_cast<size_t>(done));
    }
}

void RandomAccessFile::copy_at(uint64_t offset, const Extents::Part& part) {
    auto from = static_cast<off_t>(part.from);
    auto to = static_cast<off_t>(offset);
    uint64_t left = part.size;
    while (left > 0) {
        ssize_t done = ::copy_file_range(part.fd, &from, fd_, &to, left, 0);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            break;
        left -= static_cast<uint64_t>(done);
    }
    // Old kernels and crossing file systems: what is left goes through memory.
    Extents rest;
    rest.add_file(part.fd, static_cast<uint64_t>(from), left);
    std::string buffer;
    for (uint64_t at = 0; at < left; at += buffer.size()) {
        buffer.resize(std::min(chunk, left - at));
        rest.read_at(at, buffer);
        write_at(static_cast<uint64_t>(to) + at, buffer);
    }
}

void RandomAccessFile::write_at(uint64_t offset, const Extents& extents) {
    for (const auto& part : extents.parts())
        if (part.fd >= 0)
            copy_at(offset + part.offset, part);
        else if (!is_zero(part.bytes))
            write_at(offset + part.offset, std::string_view(part.bytes));
}

void RandomAccessFile::resize(uint64_t size) {
    if (::ftruncate(fd_, static_cast<off_t>(size)) != 0)
        throw Error::system(errno, fmt::format("write '{}'", name_));
}

} // namespace coracle
