// SPDX-License-Identifier: Apache-2.0
#include "format/kernel_config.h"

#include <gtest/gtest.h>

#include "format/kernel_facts.h"
#include "io/memory.h"
#include "rootfs/test_system.h"

namespace coracle {
namespace {

using test::System;
using test::TarText;

const std::string with_zstd = "CONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_GZIP=y\nCONFIG_RD_ZSTD=y\n";
const std::string without_zstd =
    "CONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_GZIP=y\nCONFIG_RD_XZ=y\n# CONFIG_RD_ZSTD is not set\n";

std::string packed(const std::string& text, Compression compression) {
    StringSink sink;
    auto packer = make_compressor(sink, compression);
    packer->write(text);
    packer->finish();
    return sink.str();
}

/// An unpacked kernel with its configuration far inside.
std::string kernel_with(const std::string& config, size_t at = 3 << 20) {
    std::string text(at, '\0');
    text += "Linux version %s (" + std::string(100, 'x') + "Linux version 6.1.0-test (me) #1";
    text += std::string(at, '\1') + "IKCFG_ST" + packed(config, Compression::gzip) + "IKCFG_ED";
    return text + std::string(at, '\2');
}

TEST(KernelText, IsFoundWhereverItLies) {
    for (size_t at : {0u, 1048570u, 1048576u - 20u, 2000000u}) {
        std::string kernel = kernel_with(with_zstd, at);
        MemorySource source(kernel);
        auto text = read_kernel_text(source);
        EXPECT_EQ(text.version, "6.1.0-test") << at;
        EXPECT_EQ(text.config, with_zstd) << at;
    }
}

TEST(KernelText, MayBeAbsentOrCutOff) {
    MemorySource nothing("");
    EXPECT_EQ(read_kernel_text(nothing).version, std::nullopt);
    MemorySource cut("Linux version 5.4 IKCFG_ST\x1f\x8b");
    auto text = read_kernel_text(cut);
    EXPECT_EQ(text.version, "5.4");
    EXPECT_EQ(text.config, std::nullopt);
}

TEST(InitrdCompression, FollowsTheConfiguration) {
    EXPECT_EQ(initrd_compression_by_config(with_zstd), Compression::zstd);
    EXPECT_EQ(initrd_compression_by_config(without_zstd), Compression::gzip);
    EXPECT_EQ(initrd_compression_by_config("CONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_XZ=y\n"),
              Compression::xz);
    EXPECT_EQ(initrd_compression_by_config("CONFIG_BLK_DEV_INITRD=y\n"), Compression::none);
    EXPECT_EQ(initrd_compression_by_config("#CONFIG_BLK_DEV_INITRD=y\n"), std::nullopt);
    EXPECT_EQ(initrd_compression_by_config("something else"), std::nullopt);
}

TEST(InitrdCompression, FollowsTheVersion) {
    for (const char* version : {"5.9.0", "5.10", "6.12.41+deb13-cloud-amd64 (x)", "10.0"})
        EXPECT_EQ(initrd_compression_by_version(version), Compression::zstd) << version;
    for (const char* version : {"5.8.18", "4.19.304", "", "x", "5", "0"})
        EXPECT_EQ(initrd_compression_by_version(version), Compression::gzip) << version;
}

class KernelImages : public testing::Test {
protected:
    /// What is chosen for a kernel image of these files.
    Compression chosen(const std::vector<std::pair<const char*, std::string>>& files) {
        TarText tar;
        for (const auto& [name, content] : files)
            tar.file(name, content);
        system_.image("kernel:1", {tar.str()});
        auto& rootfs = system_.make("kernel: {image: 'kernel:1', tar: none}\n");
        SegmentCache cache{system_.dir / "segments"};
        auto first = best_initrd_compression(*rootfs.kernel(), cache).compression;
        EXPECT_EQ(best_initrd_compression(*rootfs.kernel(), cache).compression, first);
        return first;
    }
    System system_;
};

TEST_F(KernelImages, SayWhatTheyUnpackInAFileBesideTheKernel) {
    std::string old = "Linux version 4.9.1 (me)";
    std::string recent = "Linux version 6.6.1 (me)";
    EXPECT_EQ(chosen({{"kernel", old}}), Compression::gzip);
    EXPECT_EQ(chosen({{"kernel", recent}}), Compression::zstd);
    for (const char* name : {"kernel_config", ".config", "boot/config-6.6.1", "config"}) {
        EXPECT_EQ(chosen({{"kernel", recent}, {name, without_zstd}}), Compression::gzip) << name;
        EXPECT_EQ(chosen({{"kernel", old}, {name, with_zstd}}), Compression::zstd) << name;
    }
    EXPECT_EQ(
        chosen({{"kernel", recent}, {"kernel_config.gz", packed(without_zstd, Compression::gzip)}}),
        Compression::gzip);
    EXPECT_EQ(chosen({{"kernel", recent}, {"config", "of another program"}}), Compression::zstd);
}

TEST_F(KernelImages, SayWhatTheyUnpackInsideTheKernel) {
    EXPECT_EQ(chosen({{"kernel", kernel_with(without_zstd)}}), Compression::gzip);
    for (auto compression : {Compression::gzip, Compression::zstd, Compression::xz})
        EXPECT_EQ(chosen({{"kernel", packed(kernel_with(without_zstd), compression)}}),
                  Compression::gzip);
    EXPECT_EQ(chosen({{"kernel", packed(kernel_with(with_zstd), Compression::xz)}}),
              Compression::zstd);
}

TEST_F(KernelImages, ThatCannotBeReadAreTakenForOld) {
    EXPECT_EQ(chosen({{"kernel", "MZ\1\2 what is this?"}}), Compression::gzip);
    EXPECT_EQ(chosen({{"kernel", "\x1f\x8b\x08 damaged"}}), Compression::gzip);
}

} // namespace
} // namespace coracle
