// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "io/sink.h"
#include "oci/platform.h"
#include "oci/reference.h"
#include "store/store.h"

namespace coracle {

/// How an image leaves the store as a tar file.
struct ExportOptions {
    enum class Format {
        oci,    ///< an OCI image layout
        docker, ///< what `docker load` takes; an OCI image layout too
    };
    Format format = Format::oci;
    std::optional<Platform> platform = {}; ///< nullopt: all that are in the store (only for oci)
    std::string name = {};                 ///< the name in the archive; "" = the reference's
};

/// Writes an image with its blobs, verified, in an order and with times that never change. Finishes
/// `sink`. Throws as resolve() does, also when part of the image is missing.
void export_image(const Store& store, const Reference& reference, const ExportOptions& options,
                  Sink& sink);

} // namespace coracle
