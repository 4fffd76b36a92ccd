// SPDX-License-Identifier: Apache-2.0
#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"
#include "common/directory.h"
#include "init/devices.h"
#include "init/module_index.h"
#include "init/module_loader.h"

namespace coracle::guest {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Modules : public testing::Test {
protected:
    Modules() {
        write_file(dir_ / "modules.dep",
                   "kernel/virtio-net.ko: kernel/net_failover.ko kernel/failover.ko\n"
                   "kernel/net_failover.ko: kernel/failover.ko\n"
                   "kernel/failover.ko:\n"
                   "kernel/crc.ko.xz:\n"
                   "kernel/ext4.ko.zst:\n");
        write_file(dir_ / "modules.alias", "# comment\n"
                                           "alias virtio:d00000001v* virtio_net\n"
                                           "alias virtio:d*v* failover\n"
                                           "alias fs-ext4 ext4\n");
        write_file(dir_ / "modules.softdep", "softdep ext4 pre: crc post: failover\n");
        write_file(dir_ / "modules.builtin", "kernel/drivers/virtio/virtio-pci.ko\n");
        make_path(dir_ / "modprobe.d");
    }

    ModuleIndex index() const { return ModuleIndex(dir_.path(), dir_ / "modprobe.d"); }

    ModuleLoader loader(const std::string& cmdline = "", int result = 0) {
        return ModuleLoader(index(), KernelCommandLine(cmdline),
                            [this, result](const std::string& path, const std::string& parameters) {
                                inserted_.push_back(path.substr(dir_.path().size() + 8) +
                                                    (parameters.empty() ? "" : " " + parameters));
                                return result;
                            });
    }

    TempDir dir_;
    std::vector<std::string> inserted_; ///< below kernel/
};

TEST_F(Modules, AreNamedAsTheKernelNamesThem) {
    EXPECT_EQ(module_name("kernel/drivers/net/virtio-net.ko.xz"), "virtio_net");
    EXPECT_EQ(module_name("fs-overlay"), "fs_overlay");
}

TEST_F(Modules, MatchAliasesInOnePass) {
    EXPECT_THAT(index().matching({"virtio:d00000001v1", "pci:x"}),
                ElementsAre("virtio_net", "failover"));
    EXPECT_THAT(index().matching({"virtio:d00000002v1"}), ElementsAre("failover"));
    EXPECT_THAT(index().matching({"acpi:PNP0C0C:"}), IsEmpty());
}

TEST_F(Modules, AreLoadedAfterWhatTheyNeed) {
    loader().load_for({"virtio:d00000001v1"});
    EXPECT_THAT(inserted_, ElementsAre("failover.ko", "net_failover.ko", "virtio-net.ko"));
}

TEST_F(Modules, AreLoadedOnce) {
    auto modules = loader();
    modules.load_for({"virtio:d00000001v1"});
    modules.load_for({"virtio:d00000001v1", "virtio:d00000002v1"});
    EXPECT_TRUE(modules.load("failover"));
    EXPECT_EQ(inserted_.size(), 3u);
}

TEST_F(Modules, HonourSoftDependencies) {
    EXPECT_TRUE(loader().load_name_or_alias("fs-ext4"));
    EXPECT_THAT(inserted_, ElementsAre("crc.ko.xz", "ext4.ko.zst", "failover.ko"));
}

TEST_F(Modules, HonourSoftDependenciesOfWhatTheyNeedAlsoByAlias) {
    write_file(dir_ / "modules.softdep", "softdep net_failover pre: crypto-crc none\n");
    write_file(dir_ / "modules.alias", "alias crypto-crc crc\n");
    loader().load("virtio_net");
    EXPECT_THAT(inserted_,
                ElementsAre("failover.ko", "crc.ko.xz", "net_failover.ko", "virtio-net.ko"));
}

TEST_F(Modules, ThatAreBuiltInNeedNothing) {
    EXPECT_TRUE(loader().load_name_or_alias("virtio-pci"));
    EXPECT_THAT(inserted_, IsEmpty());
}

TEST_F(Modules, ThatAreNotThereAreToldSo) {
    EXPECT_FALSE(loader().load_name_or_alias("nosuch"));
    EXPECT_FALSE(ModuleLoader(ModuleIndex("/nonexistent"), KernelCommandLine("")).load("x"));
}

TEST_F(Modules, TakeParametersFromConfigurationAndCommandLine) {
    write_file(dir_ / "modprobe.d/a.conf", "options failover a=1 b=2\n# options failover c=3\n");
    loader("failover.d=4 net-failover.e=5 net.ifnames=0").load("virtio_net");
    EXPECT_THAT(inserted_,
                ElementsAre("failover.ko a=1 b=2 d=4", "net_failover.ko e=5", "virtio-net.ko"));
}

TEST_F(Modules, OnABlacklistAreNotLoadedByAlias) {
    write_file(dir_ / "modprobe.d/a.conf", "blacklist virtio-net\n");
    EXPECT_THAT(index().matching({"virtio:d00000001v1"}), ElementsAre("failover"));
    EXPECT_TRUE(loader().load("virtio_net"));
}

TEST_F(Modules, ThatFailAreTold) {
    auto modules = loader("", EINVAL);
    testing::internal::CaptureStderr();
    modules.load("failover");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "coracle: error: cannot load module '" +
                                                          (dir_ / "kernel/failover.ko") +
                                                          "': Invalid argument\n");
}

TEST_F(Modules, ThatFindNoDeviceAreSilent) {
    auto modules = loader("", ENODEV);
    testing::internal::CaptureStderr();
    modules.load("failover");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Devices, AreFoundThroughTheirBusOrClass) {
    TempDir sys;
    for (const char* device :
         {"bus/pci/devices/a", "bus/acpi/devices/b", "class/input/input0", "bus/pci/devices/c"})
        make_path(sys / device);
    write_file(sys / "bus/pci/devices/a/modalias", "pci:1\n");
    write_file(sys / "bus/acpi/devices/b/modalias", "acpi:X:\nof:N\n");
    write_file(sys / "class/input/input0/modalias", "input:b\n");
    write_file(sys / "bus/pci/devices/c/modalias", "pci:1\n");
    EXPECT_THAT(present_modaliases(sys.path()), ElementsAre("acpi:X:", "input:b", "of:N", "pci:1"));
}

TEST(Uevent, IsReadFromTheKernelsDatagram) {
    using namespace std::string_view_literals;
    auto event = parse_uevent("add@/devices/x\0ACTION=add\0SUBSYSTEM=input\0DEVNAME=input/event0\0"
                              "MODALIAS=input:b=1\0SEQNUM=1\0"sv);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->action, "add");
    EXPECT_EQ(event->subsystem, "input");
    EXPECT_EQ(event->device, "input/event0");
    EXPECT_EQ(event->modalias, "input:b=1");
}

TEST(Uevent, OfUdevIsIgnored) {
    using namespace std::string_view_literals;
    EXPECT_FALSE(parse_uevent("libudev\0\xfe\xed\xca\xfe"sv));
    EXPECT_FALSE(parse_uevent(""));
}

} // namespace
} // namespace coracle::guest
