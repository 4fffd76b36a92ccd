// SPDX-License-Identifier: Apache-2.0
#include "run/firmware_watch.h"

#include <gtest/gtest.h>

#include "base/fd.h"

namespace coracle {
namespace {

constexpr const char* denied = "\x1b[2JBdsDxe: failed to load Boot0001 \"UEFI Misc Device\" from "
                               "PciRoot(0x0)/Pci(0x1,0x0): Access Denied\r\n";
constexpr const char* nothing = "BdsDxe: No bootable option or device was found.\r\n";

bool refused_after(const std::string& text) {
    FirmwareTalk talk;
    for (char c : text)
        talk.hear({&c, 1});
    return talk.refused();
}

TEST(FirmwareTalk, TellsOfARefusalOnceNothingElseWasFound) {
    EXPECT_FALSE(refused_after(denied));
    EXPECT_TRUE(refused_after(std::string(denied) + nothing));
}

TEST(FirmwareTalk, AnAbsentSystemIsNotARefusedOne) {
    EXPECT_FALSE(refused_after(nothing));
    EXPECT_FALSE(
        refused_after(std::string("BdsDxe: failed to load Boot0001: Not Found\r\n") + nothing));
}

TEST(FirmwareTalk, LinesWithoutEndAreForgotten) {
    EXPECT_TRUE(refused_after(std::string(1 << 20, 'x') + "\n" + denied + nothing));
}

TEST(FirmwareWatch, EndsQemuWhenTheSystemIsRefused) {
    FirmwareWatch watch;
    std::string script = "printf '%s' \"$1\" > \"$0\"; sleep 600 > \"$0\"";
    Child qemu({"sh", "-c", "exec 2>&-; " + script, watch.path(), std::string(denied) + nothing},
               {});
    watch.listen();
    while (!watch.refused())
        ASSERT_TRUE(watch.take(qemu));
    EXPECT_EQ(qemu.wait(), 128 + SIGTERM);
}

} // namespace
} // namespace coracle
