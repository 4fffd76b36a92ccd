// SPDX-License-Identifier: Apache-2.0
#include "run/boot_source.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"

namespace coracle {
namespace {

class BootSourceTest : public testing::Test {
protected:
    void make(const std::string& name, const std::string& content = "x") {
        write_file(directory_ / name, content);
    }
    BootSource find(const std::string& name, RunOptions options = {}) {
        options.prefix = directory_ / name;
        return find_boot_source(options);
    }
    TempDir directory_;
};

TEST_F(BootSourceTest, FindsKernelAndInitrd) {
    make("os-kernel");
    make("os-initrd.img");
    make("os-cmdline", "console=ttyS0 quiet\n");
    auto source = find("os");
    EXPECT_EQ(source.kind, BootSource::Kind::initrd);
    EXPECT_EQ(source.kernel, directory_ / "os-kernel");
    EXPECT_EQ(source.image, directory_ / "os-initrd.img");
    EXPECT_EQ(source.cmdline, "console=ttyS0 quiet");
    EXPECT_EQ(source.stem, directory_ / "os");
}

TEST_F(BootSourceTest, PrefersTheInitrdToTheSquashfsUnlessAsked) {
    make("os-kernel");
    make("os-initrd.img");
    make("os-squashfs.img");
    EXPECT_EQ(find("os").kind, BootSource::Kind::initrd);
    EXPECT_EQ(find("os", {.squashfs = true}).image, directory_ / "os-squashfs.img");
}

TEST_F(BootSourceTest, FindsARootFileSystemAndItsInitrd) {
    make("os-kernel");
    make("os-cmdline", "quiet");
    make("os-erofs.img");
    EXPECT_EQ(find("os").initrd, "");
    make("os-root-initrd.img");
    auto source = find("os");
    EXPECT_EQ(source.kind, BootSource::Kind::root);
    EXPECT_EQ(source.root_type, "erofs");
    EXPECT_EQ(source.image, directory_ / "os-erofs.img");
    EXPECT_EQ(source.initrd, directory_ / "os-root-initrd.img");
    EXPECT_EQ(source.cmdline, "quiet");
    make("os-squashfs.img");
    EXPECT_EQ(find("os").root_type, "squashfs");
    EXPECT_EQ(find("os-erofs.img").root_type, "erofs");
    EXPECT_EQ(find("os-erofs.img").stem, directory_ / "os");
}

TEST_F(BootSourceTest, TakesAnIsoForARootOnlyWithAKernelAndWithoutABootRecord) {
    make("os-kernel");
    std::string iso(20 * 2048, '\0');
    make("os.iso", iso);
    EXPECT_EQ(find("os").root_type, "iso9660");
    EXPECT_EQ(find("os.iso").root_type, "iso9660");
    iso.replace(17 * 2048, 30, std::string("\0CD001\1", 7) + "EL TORITO SPECIFICATION");
    make("os.iso", iso);
    EXPECT_EQ(find("os").kind, BootSource::Kind::iso);
    EXPECT_EQ(find("os.iso").kind, BootSource::Kind::iso);
}

TEST_F(BootSourceTest, KnowsAnIsoByItsName) {
    make("os.iso");
    EXPECT_EQ(find("os.iso").kind, BootSource::Kind::iso);
    EXPECT_EQ(find("os.iso").stem, directory_ / "os");
    EXPECT_EQ(find("os").kind, BootSource::Kind::iso);
}

TEST_F(BootSourceTest, TakesAnyOtherFileForADisk) {
    make("os-efi.img");
    EXPECT_EQ(find("os-efi.img").kind, BootSource::Kind::disk);
    EXPECT_EQ(find("os").image, directory_ / "os-efi.img");
}

TEST_F(BootSourceTest, SaysWhatItLookedFor) {
    try {
        find_boot_source({.prefix = "no-such"});
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(),
                     "nothing to boot: there is no no-such-kernel with no-such-initrd.img, "
                     "no-such-squashfs.img, no-such-erofs.img or no-such-ext4.img, no no-such.iso "
                     "and no disk image 'no-such'\n"
                     "try: coracle build no-such.yml");
    }
}

TEST_F(BootSourceTest, NamesTheHalfThatIsMissing) {
    make("os-kernel");
    try {
        find("os", {.kernel = true});
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.message(), "'" + (directory_ / "os-initrd.img") + "' is missing");
    }
}

TEST_F(BootSourceTest, KnowsWhatOnlyUefiStarts) {
    make("os.efi");
    EXPECT_EQ(find("os.efi").kind, BootSource::Kind::program);
    EXPECT_TRUE(wants_uefi(find("os")));
    make("gpt.img", std::string(512, '\0') + "EFI PART" + std::string(1000, '\0'));
    EXPECT_TRUE(wants_uefi(find("gpt.img")));
    make("hybrid.img", "\xeb" + std::string(511, '\0') + "EFI PART" + std::string(1000, '\0'));
    EXPECT_FALSE(wants_uefi(find("hybrid.img")));
    make("short.img", "x");
    EXPECT_FALSE(wants_uefi(find("short.img")));
    make("os-efi.qcow2", std::string("QFI\xfb") + std::string(100, '\0'));
    EXPECT_TRUE(wants_uefi(find("os-efi.qcow2")));
    std::string iso(40 * 2048, '\0');
    iso.replace(17 * 2048, 30, std::string("\0CD001\1EL TORITO SPECIFICATION", 30));
    iso[17 * 2048 + 71] = 20;
    iso[20 * 2048] = '\1';
    make("bios.iso", iso);
    EXPECT_FALSE(wants_uefi(find("bios.iso")));
    iso[20 * 2048 + 1] = '\xef';
    make("efi.iso", iso);
    EXPECT_TRUE(wants_uefi(find("efi.iso")));
    make("plain.iso", std::string(2048, '\0'));
    EXPECT_FALSE(wants_uefi(find("plain.iso")));
}

TEST_F(BootSourceTest, DetectsWhatQemuImgMakes) {
    if (!find_program("qemu-img"))
        GTEST_SKIP() << "qemu-img is not installed";
    for (std::string format : {"raw", "qcow2", "vmdk", "vdi", "vhdx"}) {
        auto path = directory_ / ("disk." + format);
        run_checked({{"qemu-img", "create", "-q", "-f", format, path, "1M"}});
        EXPECT_EQ(detect_disk_format(path), format);
    }
}

} // namespace
} // namespace coracle
