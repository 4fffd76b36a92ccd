// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/error.h"

namespace coracle {

/// The words of a command line (without argv[0]) as CLI11 reads them: `-format tar` becomes
/// `--format tar` where that is an option (as Go programs accept it), and `-v` without a number
/// becomes `-v 1`. Words after `--` stay.
std::vector<std::string> normalise_arguments(const CLI::App& app, std::vector<std::string> words);

/// What CLI11 found wrong, in our words: with the command's --help, or the name that was meant, as
/// hint.
UsageError usage_error(const CLI::App& app, const CLI::ParseError& error);

} // namespace coracle
