// SPDX-License-Identifier: Apache-2.0
#include "oci/media_types.h"

#include <algorithm>

#include "base/error.h"

namespace coracle {

namespace media_type {

bool is_index(std::string_view type) { return type == oci_index || type == docker_list; }

bool is_manifest(std::string_view type) { return type == oci_manifest || type == docker_manifest; }

bool is_image_config(std::string_view type) { return type == oci_config || type == docker_config; }

} // namespace media_type

namespace {

struct LayerType {
    std::string_view name;
    Compression compression;
};

constexpr LayerType layer_types[] = {
    {media_type::oci_layer, Compression::none},
    {media_type::oci_layer_gzip, Compression::gzip},
    {media_type::oci_layer_zstd, Compression::zstd},
    {media_type::docker_layer, Compression::none},
    {media_type::docker_layer_gzip, Compression::gzip},
    {media_type::docker_layer_zstd, Compression::zstd},
};

bool is_foreign(std::string_view type) {
    return type.starts_with("application/vnd.docker.image.rootfs.foreign.diff.tar") ||
           type.starts_with("application/vnd.oci.image.layer.nondistributable.v1.tar");
}

} // namespace

Compression compression_of_layer(std::string_view type) {
    const LayerType* found = std::ranges::find(layer_types, type, &LayerType::name);
    if (found != std::end(layer_types))
        return found->compression;
    if (is_foreign(type))
        throw Error("a layer of type '{}' is not distributed with its image and cannot be used",
                    type);
    throw Error("'{}' is not a layer type that can be unpacked", type.substr(0, 200));
}

std::string_view layer_type(Compression compression) {
    switch (compression) {
    case Compression::none: return media_type::oci_layer;
    case Compression::gzip: return media_type::oci_layer_gzip;
    case Compression::zstd: return media_type::oci_layer_zstd;
    case Compression::xz: break;
    }
    throw Error("there is no layer type for {} compression", name_of(compression));
}

} // namespace coracle
