// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace coracle::guest {

/// The text in a variable as efivarfs shows it: four bytes of attributes, then UTF-16. nullopt for
/// what is not plain ASCII.
std::optional<std::string> efi_text(std::string_view bytes);

/// What the boot loader says in a variable of its own (the Boot Loader Interface):
/// "LoaderBootCountPath". nullopt where there is none, or no UEFI. efivarfs is mounted for the
/// moment; its module must be there.
std::optional<std::string> loader_variable(const std::string& name);

} // namespace coracle::guest
