// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace coracle::guest {

/// A log that cannot fill the disk: at `limit` bytes it becomes PATH.1, which replaces the one
/// before.
class LogFile {
public:
    static constexpr uint64_t default_limit = 1 << 20;

    /// Appends to the file, which is made when the first bytes come.
    explicit LogFile(std::string path, uint64_t limit = default_limit);

    /// Never throws: a log that cannot be written is dropped.
    void write(std::string_view text) noexcept;
    /// The last line that was written and not empty, at most 200 bytes.
    const std::string& last_line() const { return last_line_; }

private:
    void open();
    void remember(std::string_view text);

    std::string path_;
    uint64_t limit_;
    uint64_t size_ = 0;
    Fd fd_;
    std::string last_line_;
    std::string current_line_;
};

} // namespace coracle::guest
