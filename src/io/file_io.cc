// SPDX-License-Identifier: Apache-2.0
#include "io/file_io.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"

namespace coracle {

FileSource::FileSource(const std::string& path)
    : owned_(open_fd(path, O_RDONLY)), fd_(owned_.get()), name_(path) {}

FileSource::FileSource(int fd, std::string name, uint64_t offset, uint64_t size)
    : fd_(fd), name_(std::move(name)), offset_(offset), left_(size) {}

size_t FileSource::read(std::span<char> buffer) {
    auto want = static_cast<size_t>(std::min<uint64_t>(buffer.size(), left_));
    if (want == 0)
        return 0;
    size_t count = read_some(fd_, buffer.data(), want, static_cast<off_t>(offset_), name_);
    offset_ += count;
    left_ -= count;
    return count;
}

size_t StreamSource::read(std::span<char> buffer) {
    return read_some(fd_, buffer.data(), buffer.size(), -1, name_);
}

namespace {
constexpr size_t sink_buffer = 128 << 10;
}

void FileSink::write(std::string_view data) {
    position_ += data.size();
    if (buffer_.size() + data.size() <= sink_buffer) {
        buffer_ += data;
        return;
    }
    flush();
    if (data.size() < sink_buffer / 2)
        buffer_ += data;
    else
        write_all(fd_, data, name_);
}

void FileSink::flush() {
    write_all(fd_, buffer_, name_);
    buffer_.clear();
}

void FileSink::write_file(int fd, uint64_t offset, uint64_t size) {
    flush();
    auto from = static_cast<off_t>(offset);
    uint64_t left = size;
    while (left > 0) {
        ssize_t done = ::copy_file_range(fd, &from, fd_, nullptr, left, 0);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            break;
        left -= static_cast<uint64_t>(done);
    }
    position_ += size - left;
    // Pipes, old kernels and crossing file systems: what is left goes through memory.
    if (left > 0)
        Sink::write_file(fd, static_cast<uint64_t>(from), left);
}

} // namespace coracle
