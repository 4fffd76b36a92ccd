// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/kernel_image.h"

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "pkgbuild/module_index.h"
#include "pkgbuild/test_deb.h"

#include <fcntl.h>

namespace coracle {
namespace {

const std::string release = "6.1.0-test";

/// A kernel package whose modules are made by the assembler: enough for depmod to understand them.
class KernelImageTest : public testing::Test {
protected:
    void SetUp() override {
        if (!find_program("cc"))
            GTEST_SKIP() << "no compiler";
        root_ = "usr/lib/modules/" + release + "/";
        files_ = {{"boot/vmlinuz-" + release, "kernel\n"}};
        add_module("kernel/fs/fat/fat.ko.xz", {}, "fat_read", {});
        add_module("kernel/fs/fat/vfat.ko.xz", {"fat"}, "", {"fat_read"}, "alias=fs-vfat");
        add_module("kernel/drivers/net/net-core.ko.xz", {}, "net_core", {});
        add_module("kernel/drivers/net/virtio_net.ko.xz", {"net-core"}, "", {"net_core"},
                   "alias=virtio:d00000001v*");
        add_module("kernel/fs/crc.ko.xz", {}, "crc", {});
        add_module("kernel/fs/big.ko.xz", {}, "", {}, "softdep=pre: crc");
        add_module("kernel/sound/noise.ko.xz", {}, "", {});
        files_.push_back({root_ + "modules.builtin", "kernel/fs/ext4/ext4.ko\n"});
        files_.push_back(
            {root_ + "modules.builtin.modinfo", std::string("ext4.license=GPL\0", 17)});
        files_.push_back(
            {root_ + "modules.order", "kernel/sound/noise.ko\nkernel/fs/fat/vfat.ko\n"});
    }

    void add_module(const std::string& path, const std::vector<std::string>& depends,
                    const std::string& exports, const std::vector<std::string>& imports,
                    const std::string& more = "") {
        std::string text =
            ".section .modinfo,\"a\"\n.asciz \"depends=" + join(depends, ",") + "\"\n";
        if (!more.empty())
            text += ".asciz \"" + more + "\"\n";
        text += ".section .gnu.linkonce.this_module,\"a\"\n.zero 64\n.text\n";
        for (const auto& name : imports)
            text += ".quad " + name + "\n";
        if (!exports.empty())
            text += ".globl " + exports + "\n" + exports +
                    ": .quad 0\n.section __ksymtab_strings,\"a\"\n.asciz \"" + exports + "\"\n";
        write_file(directory_ / "m.s", text);
        run_checked({.argv = {"cc", "-c", directory_ / "m.s", "-o", directory_ / "m.o"}});
        StringSink sink;
        auto packer = make_compressor(sink, Compression::xz);
        packer->write(read_file(directory_ / "m.o"));
        packer->finish();
        files_.push_back({root_ + path, sink.take()});
    }

    ImageTree make(const KernelContent& content) {
        write_file(directory_ / "k.deb", test::make_deb("linux-image", files_));
        Fd fd = open_fd(directory_ / "k.deb", O_RDONLY);
        auto files = unpack_debs({{"linux-image", fd.get()}}, spool_);
        return make_kernel_image(files, content, spool_);
    }
    /// Unpacks kernel.tar and returns the directory of the modules.
    std::string unpacked(const ImageTree& tree) {
        const auto& tar = tree.find(TreePath("kernel.tar"))->content;
        write_file(directory_ / "kernel.tar", tar.read(0, tar.size));
        make_directories(directory_ / "root");
        run_checked({.argv = {"tar", "xf", directory_ / "kernel.tar", "-C", directory_ / "root"}});
        return directory_ / "root/lib/modules/" + release;
    }
    std::string error_of(const KernelContent& content) {
        try {
            make(content);
        } catch (const Error& error) {
            return error.message() + (error.hint().empty() ? "" : " | " + error.hint());
        }
        return "";
    }

    TempDir directory_;
    FileSpool spool_;
    std::string root_;
    test::DebFiles files_;
};

std::map<std::string, std::set<std::string>> dependencies(const std::string& text) {
    std::map<std::string, std::set<std::string>> all;
    for (const auto& line : split(text, '\n'))
        if (size_t colon = line.find(':'); colon != line.npos)
            for (const auto& word : split(line.substr(colon + 1), ' '))
                all[line.substr(0, colon)].insert(word);
    return all;
}

std::set<std::string> lines(const std::string& text) {
    auto all = split(text, '\n');
    return {all.begin(), all.end()};
}

TEST_F(KernelImageTest, TakesWantedModulesAndWhatTheyNeed) {
    auto tree = make({{"vfat", "drivers/net/*", "ext4"}, {"nonsense"}});
    EXPECT_EQ(tree.find(TreePath("kernel"))->content.size, 7u);
    auto modules = unpacked(tree);
    EXPECT_EQ(read_file(modules + "/modules.dep"),
              "kernel/drivers/net/net-core.ko:\n"
              "kernel/drivers/net/virtio_net.ko: kernel/drivers/net/net-core.ko\n"
              "kernel/fs/fat/fat.ko:\n"
              "kernel/fs/fat/vfat.ko: kernel/fs/fat/fat.ko\n");
    EXPECT_EQ(read_file(modules + "/modules.order"), "kernel/fs/fat/vfat.ko\n");
    EXPECT_TRUE(read_file(modules + "/kernel/fs/fat/fat.ko").starts_with("\177ELF"));
    EXPECT_FALSE(exists(modules + "/kernel/sound"));
}

TEST_F(KernelImageTest, FollowsSoftDependencies) {
    EXPECT_TRUE(exists(unpacked(make({{"big"}, {}})) + "/kernel/fs/crc.ko"));
}

TEST_F(KernelImageTest, IndexesAsDepmodDoes) {
    if (!find_program("depmod"))
        GTEST_SKIP() << "depmod is not installed";
    auto modules = unpacked(make({{"vfat", "virtio-net", "big"}, {}}));
    std::map<std::string, std::string> ours;
    for (const char* name : {"modules.dep", "modules.alias", "modules.softdep"})
        ours[name] = read_file(modules + "/" + name);
    run_checked({.argv = {"depmod", "-b", directory_ / "root", release}});
    EXPECT_EQ(dependencies(ours["modules.dep"]), dependencies(read_file(modules + "/modules.dep")));
    EXPECT_EQ(lines(ours["modules.alias"]), lines(read_file(modules + "/modules.alias")));
    EXPECT_EQ(lines(ours["modules.softdep"]), lines(read_file(modules + "/modules.softdep")));
}

TEST_F(KernelImageTest, SaysWhatIsMissing) {
    EXPECT_EQ(error_of({{"virtio_nat"}, {}}),
              "kernel 6.1.0-test has no module 'virtio_nat' | did you mean 'virtio_net'?");
    EXPECT_EQ(error_of({{"drivers/gpu/*"}, {}}),
              "no module of kernel 6.1.0-test fits 'drivers/gpu/*'");
    files_.push_back({"boot/vmlinuz-7", "x"});
    EXPECT_EQ(error_of({}),
              "the packages hold more than one kernel: '/boot/vmlinuz-6.1.0-test' and "
              "'/boot/vmlinuz-7'");
    files_ = {{"boot/config", "x"}};
    EXPECT_EQ(error_of({}), "the packages hold no kernel: there is no /boot/vmlinuz-*");
}

TEST(ModuleName, TakesDashesForUnderlines) {
    EXPECT_EQ(module_name("kernel/net/x-y.ko.xz"), "x_y");
    EXPECT_EQ(module_name("x.ko"), "x");
    EXPECT_EQ(module_name("x.kobj"), "");
    EXPECT_EQ(module_name("modules.dep"), "");
}

TEST(ModulesDep, EndsDespiteACycle) {
    KernelModule a, b;
    a.name = "a", a.path = "a.ko", a.depends = {"b"};
    b.name = "b", b.path = "b.ko", b.depends = {"a", "built_in"};
    std::vector<KernelModule> modules{a, b};
    EXPECT_EQ(modules_dep(modules), "a.ko: b.ko\nb.ko: a.ko\n");
}

TEST(ParseModinfo, LeavesOutLinesThatWouldForgeOthers) {
    auto module = parse_modinfo("kernel/x.ko", std::string("alias=a\nalias evil\0alias=b\0", 26));
    EXPECT_EQ(module.aliases, std::vector<std::string>{"b"});
}

} // namespace
} // namespace coracle
