// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace coracle {

/// An option or a positional argument, as documentation and completion need it.
struct OptionOutline {
    std::vector<std::string> names; ///< "-f", "--format"; empty for a positional
    std::string value;              ///< what stands for its value; "" for a flag
    std::string description;
    std::string group;
    bool required = false;
    std::vector<std::string> choices = {}; ///< all values that there are; empty: any
};

/// A command and what is below it.
struct CommandOutline {
    std::vector<std::string> path; ///< "coracle", "pkg", "build"
    std::string description;
    std::string examples; ///< indented lines
    std::vector<OptionOutline> options;
    std::vector<OptionOutline> positionals;
    std::vector<CommandOutline> commands;
};

/// The whole command line, hidden commands left out.
CommandOutline outline_of(const CLI::App& app);

} // namespace coracle
