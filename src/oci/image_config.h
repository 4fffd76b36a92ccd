// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "oci/digest.h"
#include "oci/platform.h"

namespace coracle {

/// One step of an image's making.
struct HistoryEntry {
    std::string created = {};
    std::string created_by = {};
    std::string comment = {};
    bool empty_layer = false;
};

/// The configuration of an image: what it runs on and how its program is started (OCI image
/// specification, "OCI Image Configuration"). Fields that are not here are not kept.
struct ImageConfig {
    Platform platform = {};   ///< architecture "" when the document does not say
    std::string created = {}; ///< RFC 3339, or ""
    std::string author = {};
    std::vector<std::string> entrypoint = {};
    std::vector<std::string> cmd = {};
    std::vector<std::string> env = {}; ///< "NAME=value"
    std::string working_dir = {};
    std::string user = {};
    std::string stop_signal = {};
    std::vector<std::string> exposed_ports = {};
    std::vector<std::string> volumes = {};
    std::map<std::string, std::string> labels = {};
    std::vector<Digest> diff_ids = {}; ///< of the unpacked layers, lowest first
    std::vector<HistoryEntry> history = {};

    /// `name` names the document in errors.
    static ImageConfig parse(std::string_view text, const std::string& name);
    /// The JSON text, the same for the same content.
    std::string str() const;
};

} // namespace coracle
