// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coracle::guest {

/// The words of a kernel command line, with double quotes taken as the kernel does.
class KernelCommandLine {
public:
    explicit KernelCommandLine(std::string_view text);
    /// That of the running kernel; empty when /proc cannot be read.
    static KernelCommandLine current();

    /// The value of the last "key=value"; "" for a bare "key".
    std::optional<std::string> value(std::string_view key) const;
    /// True for "key", "key=1", "key=true" and "key=yes".
    bool enabled(std::string_view key) const;
    const std::vector<std::string>& words() const { return words_; }

private:
    std::vector<std::string> words_;
};

} // namespace coracle::guest
