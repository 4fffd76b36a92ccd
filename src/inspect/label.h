// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/contents.h"
#include "store/resolve.h"
#include "store/store.h"

namespace coracle {

/// What the image would be as a container of which the YAML says nothing but its name. Throws
/// Diagnostics when its label is not valid.
InspectedContainer container_of(const ResolvedImage& image);

/// Tells of each container that is from an image in the store what it has of that which the image's
/// label asks for. What the YAML asked for too is among it: the output does not tell that apart.
void find_label_grants(Contents& contents, const Store& store, const Platform& platform);

} // namespace coracle
