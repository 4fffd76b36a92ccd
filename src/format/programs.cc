// SPDX-License-Identifier: Apache-2.0
#include "format/programs.h"

#include "base/error.h"
#include "base/process.h"

namespace coracle {

std::string require_program(const std::string& program, std::string_view package) {
    if (auto path = find_program(program))
        return *path;
    throw Error("{} is not installed", program).hint(fmt::format("apt-get install {}", package));
}

} // namespace coracle
