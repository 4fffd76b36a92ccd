// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace coracle {

/// A hash of a file, or of a directory's files with their names, contents and executable bits, in
/// hexadecimal. Links are not followed.
std::string content_hash(const std::string& path);

} // namespace coracle
