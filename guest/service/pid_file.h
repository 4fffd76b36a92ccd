// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <sys/types.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace coracle::guest {

/// The process number that an OCI runtime left in a file, which is removed.
inline pid_t take_pid_file(const std::string& path) {
    auto number = parse_number(trim(read_file(path, 64)));
    ::unlink(path.c_str());
    if (!number || *number < 2 || *number > 1 << 22)
        throw Error("'{}' does not hold a process number", path);
    return static_cast<pid_t>(*number);
}

} // namespace coracle::guest
