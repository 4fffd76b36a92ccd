// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/entry.h"
#include "io/sink.h"

namespace coracle {

/// Moves exactly `entry.size` bytes. Throws Error("the content of 'PATH' is N bytes long instead of
/// M").
void write_content(const Entry& entry, Source& content, Sink& sink);

} // namespace coracle
