// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "io/compress.h"

namespace coracle::media_type {

inline constexpr std::string_view oci_index = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view oci_manifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view oci_config = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view oci_empty = "application/vnd.oci.empty.v1+json";
inline constexpr std::string_view oci_layer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view oci_layer_gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view oci_layer_zstd = "application/vnd.oci.image.layer.v1.tar+zstd";

inline constexpr std::string_view docker_list =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view docker_manifest =
    "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view docker_schema1 =
    "application/vnd.docker.distribution.manifest.v1+json";
inline constexpr std::string_view docker_schema1_signed =
    "application/vnd.docker.distribution.manifest.v1+prettyjws";
inline constexpr std::string_view docker_config = "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view docker_layer = "application/vnd.docker.image.rootfs.diff.tar";
inline constexpr std::string_view docker_layer_gzip =
    "application/vnd.docker.image.rootfs.diff.tar.gzip";
inline constexpr std::string_view docker_layer_zstd =
    "application/vnd.docker.image.rootfs.diff.tar.zstd";

/// The artifact type of a built system.
inline constexpr std::string_view system = "application/vnd.coracle.system.v1";
inline constexpr std::string_view in_toto = "application/vnd.in-toto+json";

/// An OCI index or a Docker manifest list.
bool is_index(std::string_view type);
/// An OCI or Docker (schema 2) image manifest.
bool is_manifest(std::string_view type);
/// The configuration of a container image, OCI or Docker.
bool is_image_config(std::string_view type);

} // namespace coracle::media_type

namespace coracle {

/// How a layer of this media type is packed. Throws for foreign (non-distributable) layers and for
/// what is no file system layer: Error("'TYPE' is not a layer type that can be unpacked").
Compression compression_of_layer(std::string_view type);

/// The OCI media type of a layer packed this way; there is none for xz (throws).
std::string_view layer_type(Compression compression);

} // namespace coracle
