// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "run/options.h"

namespace coracle {

/// What a kernel or an EFI program is for, by its PE header, which Linux has too (with
/// CONFIG_EFI_STUB); nullopt where there is none, or it names another machine.
std::optional<Arch> program_arch(const std::string& path);

} // namespace coracle
