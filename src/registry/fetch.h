// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "registry/options.h"

namespace coracle {

/// A text from an http or https URL: a YAML file. Follows up to five redirects, never from https to
/// http, and sends no credentials. Throws for any answer but 200 and for more than `limit` bytes.
std::string fetch_text(const std::string& url, const RegistryOptions& options, uint64_t limit);

} // namespace coracle
