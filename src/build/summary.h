// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "build/build.h"

namespace coracle {

/// Lines for a person: components with their sizes and what was kept of earlier builds, what images
/// grant themselves by their labels, output files, totals. Ends without a newline.
std::string summary_of(const BuildResult& result);

/// The same for programs: outputs [{path, size}], components [{location, title, size, unpacked,
/// entries, kept, fetched, seconds}], containers [{location, name, image, readonly, capabilities,
/// binds, label}], seconds, total, kept, fetched (bytes before compression).
nlohmann::ordered_json summary_json(const BuildResult& result);

/// What a container has only because its image's label asks for it: "capabilities CAP_SYS_ADMIN;
/// binds /a:/a"; "" when there is nothing.
std::string label_privileges_of(const Container& container);

/// Throws Error that names each image whose label grants itself capabilities, binds or devices.
void refuse_label_privileges(const std::vector<Container>& containers);

} // namespace coracle
