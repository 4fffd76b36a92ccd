// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace coracle::guest {

/// Mounts each volume NAME of a directory on NAME/merged: with NAME/tmp as an overlay that can be
/// written to, without it as a read-only bind of NAME/lower. Tells what fails and returns false,
/// after the rest.
bool mount_volumes(const std::string& directory = "/containers/volumes");

} // namespace coracle::guest
