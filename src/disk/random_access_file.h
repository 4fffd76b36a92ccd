// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "disk/extents.h"

namespace coracle {

/// A new file that is written at any place. What is zero and what is not written stays a hole.
class RandomAccessFile {
public:
    /// Does not own `fd`, an empty file. `name` is for errors.
    RandomAccessFile(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

    int fd() const { return fd_; }
    const std::string& name() const { return name_; }
    void write_at(uint64_t offset, std::string_view data);
    /// Bytes of files are shared or copied inside the kernel where it can.
    void write_at(uint64_t offset, const Extents& extents);
    /// Gives the file its length, of holes where nothing is.
    void resize(uint64_t size);

private:
    void copy_at(uint64_t offset, const Extents::Part& part);

    int fd_;
    std::string name_;
};

} // namespace coracle
