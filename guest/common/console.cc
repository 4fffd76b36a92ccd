// SPDX-License-Identifier: Apache-2.0
#include "common/console.h"

#include <string>

#include <unistd.h>

namespace coracle::guest {

void say_text(std::string_view text) {
    std::string line = fmt::format("coracle: {}\n", text);
    // There is nobody to tell when the console cannot be written to.
    [[maybe_unused]] auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

} // namespace coracle::guest
