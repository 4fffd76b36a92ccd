// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "spec/spec.h"

namespace coracle {

class Decoder;

/// A mount as it is written into config.json, what is missing filled in.
struct CompleteMount {
    std::string destination = {}, type = {}, source = {};
};

/// The type from a well-known source, the source from the type, the destination from the type.
/// Throws Error where that is not enough.
CompleteMount complete_mount(const MountSpec& mount);

/// True when `seccomp` is the path of a profile.
bool names_profile(const ImageEntry& entry);

/// Checks that no single value can answer for.
void check_entry(Decoder& decoder, const ImageEntry& entry);

/// Checks across entries and files: names, volumes, ids, the order of services. Throws Diagnostics.
/// The first looks at names only, as for one file of several.
void check_names(const Spec& spec);
void check_spec(const Spec& spec);

} // namespace coracle
