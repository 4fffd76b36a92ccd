// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "oci/descriptor.h"
#include "registry/repository.h"

namespace coracle {

/// Moves one blob over the connection of a worker. Calls `check` now and then, which throws when
/// another worker has failed, so that there is no point in going on.
using BlobWork = std::function<void(Repository& repository, const Descriptor& blob,
                                    const std::function<void()>& check)>;

/// Does `work` for each blob, the largest first, several at a time, each worker over connections of
/// its own that it uses again. Throws what failed first, when all have ended.
void for_each_blob(Endpoint& endpoint, const std::string& repository, std::vector<Descriptor> blobs,
                   const BlobWork& work);

/// Thrown by `check`.
struct OtherWorkFailed {};

} // namespace coracle
