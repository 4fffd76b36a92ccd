// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace coracle {

/// The path of a program that a format takes; throws Error("PROGRAM is not installed"), with the
/// Debian package that has it as the hint.
std::string require_program(const std::string& program, std::string_view package);

} // namespace coracle
