// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "disk/guid.h"

namespace coracle {

/// A variable of UEFI firmware that only the holder of a key may change, with the time of the last
/// change (UEFI Specification 2.10, section 8.2.2: non-volatile, seen by the boot loader and by the
/// system, time-based authenticated write access).
struct EfiVariable {
    Guid vendor;
    std::string name; ///< ASCII
    std::string data;
    int64_t time = 0; ///< seconds since 1970, UTC; a change needs a later one
};

/// A variable as it lies in the store: AUTHENTICATED_VARIABLE_HEADER, name and data (EDK2,
/// MdeModulePkg/Include/Guid/VariableFormat.h). The next one begins at a multiple of 4 bytes.
std::string variable_record(const EfiVariable& variable);

/// EFI_SIGNATURE_LIST of one X.509 certificate in DER (UEFI Specification 2.10, section 32.4.1).
/// `owner` only tells who put it there.
std::string signature_list(std::string_view certificate, const Guid& owner);

/// What makes firmware start nothing but programs that the key of this certificate has signed: PK
/// and KEK, without which no key is in force, and db, which is asked (section 32.3). The firmware
/// makes SecureBoot, SetupMode and all the others of these.
std::vector<EfiVariable> secure_boot_variables(std::string_view certificate);

/// Puts variables into the empty store of a machine: a flash that holds a firmware volume (Platform
/// Initialization Specification 1.8, volume 3, section 3.2.1) with the authenticated variable store
/// of EDK2 in front. Flash of zeros, as Debian has it for arm64, gets both. Throws for anything
/// else and when there is no room.
std::string with_variables(std::string flash, const std::vector<EfiVariable>& variables);

} // namespace coracle
