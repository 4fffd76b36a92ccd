// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/progress.h"
#include "oci/descriptor.h"
#include "oci/reference.h"
#include "registry/options.h"

namespace coracle {

/// True when the registry is known to have `root` itself: what is here can be had again. False also
/// when the registry cannot be asked.
bool is_published(const Reference& reference, const Descriptor& root,
                  const RegistryOptions& options, Reporter& reporter);

} // namespace coracle
