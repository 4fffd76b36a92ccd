// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <sys/types.h>

namespace coracle {

/// Owns a file descriptor.
class Fd {
public:
    Fd() = default;
    explicit Fd(int number) : number_(number) {}
    Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        reset(std::exchange(other.number_, -1));
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }

    int get() const { return number_; }
    bool valid() const { return number_ >= 0; }
    explicit operator bool() const { return valid(); }
    void reset(int number = -1) noexcept;
    int release() { return std::exchange(number_, -1); }

private:
    int number_ = -1;
};

/// open(2) with O_CLOEXEC. Throws Error("cannot open 'PATH': ...").
Fd open_fd(const std::string& path, int flags, mode_t mode = 0644);

/// Writes all of `data`, across short writes and EINTR. `name` is for the error text.
void write_all(int fd, std::string_view data, std::string_view name);

/// One pread(2) or, with `offset` < 0, read(2), retried on EINTR. Returns 0 at the end.
size_t read_some(int fd, char* data, size_t size, off_t offset, std::string_view name);

} // namespace coracle
