// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace coracle {

/// The bytes of a structure that is laid out as on disk.
template <class T>
std::string bytes_of(const T& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

} // namespace coracle
