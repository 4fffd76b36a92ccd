// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <fmt/format.h>

#include "cli/command.h"

namespace coracle {

void add_version(CLI::App& app, Globals& globals) {
    auto& brief = globals.keep<bool>();
    auto& command = add_command(app, "version", "print the version",
                                "  coracle version\n"
                                "  coracle version --short\n");
    command.add_flag("--short", brief, "only the number");
    command.callback([&] { fmt::print("{}{}\n", brief ? "" : "coracle ", CORACLE_VERSION); });
}

} // namespace coracle
