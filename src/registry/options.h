// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace coracle {

/// How often and how patiently a request is tried.
struct RetryPolicy {
    int attempts = 5;
    std::chrono::milliseconds first_delay{500}; ///< doubles with each attempt
    std::chrono::seconds longest_delay{60};     ///< also when the registry asks for more
};

/// How registries are reached.
struct RegistryOptions {
    std::vector<std::string> mirrors = {}; ///< "[REGISTRY=]URL", tried in order before the registry
    std::string ca_file = {};              ///< more certificates to trust (PEM)
    std::vector<std::string> insecure = {};    ///< registries that may speak plain HTTP
    std::vector<std::string> credentials = {}; ///< "REGISTRY=USER:PASSWORD", before those in files
    unsigned parallel = 6;                     ///< blobs at a time
    RetryPolicy retry = {};
    std::chrono::seconds connect_timeout{20};
    std::chrono::seconds stall_timeout{30}; ///< fewer than `stall_rate` bytes a second for so long
    uint64_t stall_rate = 1024;
    std::chrono::seconds document_timeout{180}; ///< for all that is no blob
};

} // namespace coracle
