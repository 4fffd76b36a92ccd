// SPDX-License-Identifier: Apache-2.0
#include "format/uki.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rootfs/test_system.h"

namespace coracle {
namespace {

TEST(EfiArchitecture, NamesTheProgramsOfEach) {
    EXPECT_EQ(efi_architecture(Platform::parse("amd64")).boot_file, "BOOTX64.EFI");
    EXPECT_EQ(efi_architecture(Platform::parse("arm64")).boot_file, "BOOTAA64.EFI");
    EXPECT_EQ(efi_architecture(Platform::parse("arm64")).stub, "linuxaa64.efi.stub");
    EXPECT_EQ(efi_architecture(Platform::parse("riscv64")).boot_file, "BOOTRISCV64.EFI");
    EXPECT_EQ(efi_architecture(Platform::parse("riscv64")).boot_loader, "systemd-bootriscv64.efi");
    EXPECT_THROW(efi_architecture(Platform::parse("s390x")), Error);
}

/// A program that is installed nowhere.
class EfiProgram : public testing::Test {
protected:
    std::string read() { return read_efi_program(input, "nosuch.efi"); }
    std::string refusal() {
        try {
            read();
        } catch (const Error& error) {
            return error.what();
        }
        return "";
    }

    test::System system;
    SegmentCache cache{system.dir / "segments"};
    ThreadPool pool{1};
    Platform host = Platform::host();
    Platform other = Platform::parse(host.architecture == "arm64" ? "riscv64" : "arm64");
    FormatInput input{.rootfs = system.make("files: [{path: a, contents: b}]\n"),
                      .base = "os",
                      .cache = cache,
                      .pool = pool,
                      .reporter = silent_reporter()};
};

TEST_F(EfiProgram, ThatThisMachineLacksIsFetched) {
    input.fetch_efi_program = [](const std::string& name) { return "MZ " + name; };
    EXPECT_EQ(read(), "MZ nosuch.efi");
}

TEST_F(EfiProgram, ThatCannotBeHadIsNamed) {
    EXPECT_EQ(refusal(), "systemd's EFI program '/usr/lib/systemd/boot/efi/nosuch.efi' is not "
                         "installed\ntry: apt-get install systemd-boot-efi");
    input.fetch_efi_program = [](const std::string&) -> std::string {
        throw Error("no network").hint("plug it in");
    };
    std::string both = "systemd's EFI program '/usr/lib/systemd/boot/efi/nosuch.efi' is not "
                       "installed and cannot be fetched: no network\ntry: ";
    EXPECT_EQ(refusal(), both + "apt-get install systemd-boot-efi");
    input.platform = other;
    EXPECT_EQ(refusal(), both + "plug it in");
}

} // namespace
} // namespace coracle
