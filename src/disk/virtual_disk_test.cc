// SPDX-License-Identifier: Apache-2.0
#include "disk/virtual_disk.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"

namespace coracle {
namespace {

using testing::HasSubstr;

struct Kind {
    const char* name;
    const char* qemu; ///< how qemu-img calls it
    void (*write)(const VirtualDisk&, RandomAccessFile&);
    bool can_check; ///< qemu-img check knows it
};

void write_vmdk_with_two_threads(const VirtualDisk& disk, RandomAccessFile& file) {
    ThreadPool pool(2);
    write_vmdk(disk, "dir/disk.vmdk", pool, file);
}

constexpr Kind kinds[] = {{"qcow2", "qcow2", write_qcow2, true},
                          {"fixed-vhd", "vpc", write_fixed_vhd, false},
                          {"dynamic-vhd", "vpc", write_dynamic_vhd, false},
                          {"vhdx", "vhdx", write_vhdx, true},
                          {"vdi", "vdi", write_vdi, true},
                          {"vmdk", "vmdk", write_vmdk_with_two_threads, true}};

class Vhd : public testing::Test {
protected:
    /// A disk with something here and there, some of it from a file.
    Extents disk(uint64_t size) {
        std::string noise;
        for (unsigned i = 0, x = 1; i < 3'000'000; ++i)
            noise += static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
        write_file(dir_ / "noise", noise);
        file_ = open_fd(dir_ / "noise", O_RDONLY);
        Extents extents(std::string("table"));
        extents.pad_to(1 << 20);
        extents.add_file(file_.get(), 0, noise.size());
        extents.pad_to(size / 2 + 4711);
        extents.add("in the middle");
        extents.pad_to(size - 512);
        extents.add(std::string(512, 'e'));
        return extents;
    }
    std::string save(const std::string& name, const Extents& content,
                     void (*write)(const VirtualDisk&, RandomAccessFile&)) {
        Fd fd = open_fd(dir_ / name, O_RDWR | O_CREAT | O_TRUNC);
        RandomAccessFile file(fd.get(), dir_ / name);
        write({content, "identity", 1492533000}, file);
        return dir_ / name;
    }
    static void write_raw(const VirtualDisk& disk, RandomAccessFile& file) {
        file.write_at(0, disk.content);
        file.resize(disk.content.size());
    }

    TempDir dir_;
    Fd file_;
};

class VirtualDisks : public Vhd, public testing::WithParamInterface<Kind> {};

TEST_P(VirtualDisks, AreWhatQemuImgReads) {
    const Kind& kind = GetParam();
    // Sizes with one table, with many, and no multiple of any block.
    // (QEMU reads all zeros of a VHDX, so there is no large one.)
    uint64_t large = (uint64_t{std::string_view(kind.qemu) == "vhdx" ? 1U : 9U} << 30) + (1 << 20);
    for (uint64_t size : {uint64_t{9} << 20, uint64_t{35} << 20, large}) {
        SCOPED_TRACE(size);
        Extents content = disk(size);
        auto raw = save("raw", content, write_raw);
        auto path = save(kind.name, content, kind.write);
        Outcome compared = run({{"qemu-img", "compare", "-f", "raw", "-F", kind.qemu, raw, path}});
        EXPECT_EQ(compared.status, 0) << compared.output << compared.error;
        EXPECT_THAT(run_checked({{"qemu-img", "info", "--output=json", "-f", kind.qemu, path}}),
                    HasSubstr(fmt::format("\"virtual-size\": {}", size)));
        if (kind.can_check) {
            EXPECT_EQ(run({{"qemu-img", "check", "-f", kind.qemu, path}}).status, 0);
        }
        struct stat status{};
        ASSERT_EQ(::stat(path.c_str(), &status), 0);
        EXPECT_LT(status.st_blocks * 512, 20 << 20); // no disk takes the space of its zeros
    }
}

TEST_P(VirtualDisks, AreTheSameBytesEachTime) {
    const Kind& kind = GetParam();
    Extents content = disk(12 << 20);
    EXPECT_EQ(read_file(save("one", content, kind.write)),
              read_file(save("two", content, kind.write)));
}

INSTANTIATE_TEST_SUITE_P(Of, VirtualDisks, testing::ValuesIn(kinds), [](const auto& kind) {
    std::string name = kind.param.name;
    std::erase(name, '-');
    return name;
});

TEST_F(Vhd, FixedIsWholeMebibytesAndAFooterAsAzureWants) {
    auto path = save("disk.vhd", disk(31 << 20), write_fixed_vhd);
    std::string bytes = read_file(path);
    ASSERT_EQ(bytes.size(), (31u << 20) + 512);
    std::string footer = bytes.substr(31 << 20);
    EXPECT_EQ(footer.substr(0, 8), "conectix");
    EXPECT_EQ(footer.substr(16, 8), std::string(8, '\xff'));
    EXPECT_EQ(footer.substr(48, 8), std::string("\0\0\0\0\x01\xf0\0\0", 8));
    EXPECT_EQ(footer.substr(60, 4), std::string("\0\0\0\x02", 4));
    unsigned sum = 0;
    for (size_t i = 0; i < footer.size(); ++i)
        sum += i >= 64 && i < 68 ? 0 : static_cast<unsigned char>(footer[i]);
    EXPECT_EQ(footer.substr(64, 4),
              std::string({static_cast<char>(~sum >> 24), static_cast<char>(~sum >> 16),
                           static_cast<char>(~sum >> 8), static_cast<char>(~sum)}));
}

TEST_F(Vhd, GeometryIsThatOfTheSpecification) {
    auto text = [](uint64_t bytes) {
        DiskGeometry geometry = disk_geometry(bytes);
        return fmt::format("{}/{}/{}", geometry.cylinders, geometry.heads, geometry.sectors);
    };
    EXPECT_EQ(text(uint64_t{1} << 20), "30/4/17");
    EXPECT_EQ(text(uint64_t{1} << 30), "2080/16/63");
    EXPECT_EQ(text(uint64_t{127} << 30), "65278/16/255");
    EXPECT_EQ(text(uint64_t{4} << 40), "65535/16/255");
}

TEST_F(Vhd, OverTheLargestIsRefused) {
    Extents large;
    large.add_zeros(uint64_t{2041} << 30);
    try {
        save("large", large, write_dynamic_vhd);
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "a VHD has at most 2040 GiB\ntry: the format vhdx");
    }
}

TEST_F(Vhd, VmdkHasADescriptorThatVmwareTakes) {
    std::string bytes = read_file(save("x.vmdk", disk(8 << 20), write_vmdk_with_two_threads));
    std::string text = bytes.substr(512, 1024);
    EXPECT_THAT(text, HasSubstr("createType=\"streamOptimized\"\n"));
    EXPECT_THAT(text, HasSubstr("RW 16384 SPARSE \"disk.vmdk\"\n"));
    EXPECT_THAT(text, HasSubstr("ddb.adapterType = \"lsilogic\"\n"));
    EXPECT_EQ(bytes.substr(bytes.size() - 512), std::string(512, '\0')); // the end of the stream
}

} // namespace
} // namespace coracle
