// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "io/source.h"

namespace coracle {

/// Takes bytes that are pushed. finish() is called once, last; a sink destroyed without it is
/// abandoned and what it made must not be used.
class Sink {
public:
    virtual ~Sink() = default;
    virtual void write(std::string_view data) = 0;
    virtual void finish() {}
    /// Writes `size` bytes of an open file from `offset` on. A sink that ends in a file shares or
    /// copies them inside the kernel; others read them. Throws when the file is shorter.
    virtual void write_file(int fd, uint64_t offset, uint64_t size);
};

/// Writes all that is left in `source`; returns how many bytes that were.
uint64_t copy(Source& source, Sink& sink);

/// Writes `count` zero bytes.
void write_zeros(Sink& sink, uint64_t count);

} // namespace coracle
