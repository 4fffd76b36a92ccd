// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/fd.h"
#include "io/sink.h"
#include "io/source.h"

namespace coracle {

/// A file, or a slice of it. Reads by position, so that several can share a descriptor.
class FileSource : public Source {
public:
    explicit FileSource(const std::string& path);
    /// Does not own `fd`. At most `size` bytes from `offset` on.
    FileSource(int fd, std::string name, uint64_t offset = 0, uint64_t size = UINT64_MAX);
    size_t read(std::span<char> buffer) override;

private:
    Fd owned_;
    int fd_;
    std::string name_;
    uint64_t offset_ = 0;
    uint64_t left_ = UINT64_MAX;
};

/// A descriptor that is read as it comes: a pipe or a socket. Does not own it.
class StreamSource : public Source {
public:
    StreamSource(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
    size_t read(std::span<char> buffer) override;

private:
    int fd_;
    std::string name_;
};

/// Appends to an open descriptor, which it does not own, through a buffer. `write_file` uses
/// reflinks or copy_file_range(2) where the file systems can.
class FileSink : public Sink {
public:
    FileSink(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
    void write(std::string_view data) override;
    void write_file(int fd, uint64_t offset, uint64_t size) override;
    void finish() override { flush(); }
    /// Bytes written so far.
    uint64_t position() const { return position_; }

private:
    void flush();

    int fd_;
    std::string name_;
    std::string buffer_;
    uint64_t position_ = 0;
};

} // namespace coracle
