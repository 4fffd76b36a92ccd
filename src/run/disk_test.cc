// SPDX-License-Identifier: Apache-2.0
#include "run/disk.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"

namespace coracle {
namespace {

TEST(PlanDisk, PutsADiskWithoutAPathIntoTheState) {
    auto disk = plan_disk(parse_disk("size=1G"), "/nonexistent/s", 2);
    EXPECT_EQ(disk.drive.path, "/nonexistent/s/disk2.img");
    EXPECT_EQ(disk.drive.format, "raw");
    EXPECT_EQ(disk.create, uint64_t{1} << 30);
}

TEST(PlanDisk, KeepsADiskThatIsThere) {
    TempDir directory;
    write_file(directory / "data", "QFI\xfb...");
    auto disk = plan_disk(parse_disk((directory / "data") + ",size=1G"), "s", 0);
    EXPECT_EQ(disk.create, 0u);
    EXPECT_EQ(disk.drive.format, "qcow2");
}

TEST(PlanDisk, RefusesAnAbsentDiskWithoutASize) {
    try {
        plan_disk(parse_disk("no/such"), "s", 0);
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(),
                     "disk 'no/such' is missing\ntry: --disk no/such,size=1G to create it");
    }
}

TEST(CreateDisk, MakesSparseDisksOfTheSize) {
    if (!find_program("qemu-img"))
        GTEST_SKIP() << "qemu-img is not installed";
    TempDir directory;
    for (std::string format : {"raw", "qcow2"}) {
        PlannedDisk disk{{directory / format, format}, uint64_t{1} << 30};
        create_disk(disk);
        struct stat status{};
        ASSERT_EQ(::stat(disk.drive.path.c_str(), &status), 0);
        EXPECT_LT(status.st_blocks * 512, 1 << 20);
        auto info = run_checked({{"qemu-img", "info", "-f", format, disk.drive.path}});
        EXPECT_THAT(info, testing::HasSubstr("(1073741824 bytes)"));
    }
}

} // namespace
} // namespace coracle
