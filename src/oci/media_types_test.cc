// SPDX-License-Identifier: Apache-2.0
#include "oci/media_types.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace coracle {
namespace {

TEST(MediaTypes, TellHowALayerIsPacked) {
    EXPECT_EQ(compression_of_layer("application/vnd.oci.image.layer.v1.tar"), Compression::none);
    EXPECT_EQ(compression_of_layer("application/vnd.oci.image.layer.v1.tar+gzip"),
              Compression::gzip);
    EXPECT_EQ(compression_of_layer("application/vnd.oci.image.layer.v1.tar+zstd"),
              Compression::zstd);
    EXPECT_EQ(compression_of_layer("application/vnd.docker.image.rootfs.diff.tar.gzip"),
              Compression::gzip);
}

TEST(MediaTypes, RefuseForeignLayers) {
    for (const char* type : {"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                             "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"})
        try {
            compression_of_layer(type);
            FAIL();
        } catch (const Error& error) {
            EXPECT_EQ(error.message(),
                      "a layer of type '" + std::string(type) +
                          "' is not distributed with its image and cannot be used");
        }
}

TEST(MediaTypes, RefuseWhatIsNoLayer) {
    try {
        compression_of_layer("text/html");
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "'text/html' is not a layer type that can be unpacked");
    }
}

TEST(MediaTypes, NameTheLayerThatIsWritten) {
    for (auto compression : {Compression::none, Compression::gzip, Compression::zstd})
        EXPECT_EQ(compression_of_layer(layer_type(compression)), compression);
    EXPECT_THROW(layer_type(Compression::xz), Error);
}

} // namespace
} // namespace coracle
