// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/field.h"

namespace coracle {

// What values must be, and the values in parts.

/// The capabilities Linux knows, sorted: "CAP_AUDIT_CONTROL", ...
std::span<const std::string_view> all_capabilities();

/// A `rlimits` text in parts.
struct Rlimit {
    std::string type = {};       ///< "RLIMIT_NOFILE"
    uint64_t soft = 0, hard = 0; ///< UINT64_MAX is unlimited
};
/// Throws Error when it is not NAME,SOFT,HARD.
Rlimit parse_rlimit(const std::string& text);

/// A `binds` text in parts.
struct Bind {
    std::string source = {}, destination = {};
    std::vector<std::string> options = {}; ///< as mounted: those given and "rbind", or the default
    bool is_volume() const { return !source.starts_with('/'); }
};
/// Throws Error when it is not SOURCE:DESTINATION[:OPTIONS].
Bind parse_bind(const std::string& text);

/// A `tmpfs` text in parts.
struct Tmpfs {
    std::string destination = {};
    std::vector<std::string> options = {};
};
/// Throws Error when it is not DESTINATION[:OPTIONS].
Tmpfs parse_tmpfs(const std::string& text);

/// Octal digits, at most 07777.
std::optional<uint32_t> parse_mode(std::string_view text);

/// Whether options make a mount read-only: the first of "ro" and "rw" counts.
bool is_read_only(std::span<const std::string> options);

namespace rule {
extern const Rule container_name, volume_name, octal_mode, capability, rlimit, bind, tmpfs, restart,
    volume_format, platform, metadata, device_type, rule_type, device_access, file_path,
    propagation, oom_score, count, not_empty;
}

} // namespace coracle
