// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace coracle {

/// The profile that `seccomp: default` stands for, as linux.seccomp of an OCI runtime config: what
/// ordinary programs call is allowed, the rest answers EPERM (clone3 ENOSYS, so that C libraries
/// fall back). `capabilities` ("CAP_SYS_ADMIN", ...) of the container allow the calls that they are
/// for; `architecture` is that of the image ("amd64").
nlohmann::ordered_json default_seccomp(const std::vector<std::string>& capabilities,
                                       const std::string& architecture);

} // namespace coracle
