// SPDX-License-Identifier: Apache-2.0
#include "filesystem/iso9660.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "filesystem/iso9660_layout.h"
#include "filesystem/iso9660_names.h"
#include "filesystem/test_tree.h"

namespace coracle {
namespace {

using namespace test;
using testing::HasSubstr;

ImageFile image_of(const Tree& tree, const IsoOptions& options = {}) {
    return ImageFile([&](int fd) { return write_iso9660(tree, fd, options); });
}

/// A listing without what no ISO holds.
std::string without_xattrs(std::string listing) {
    for (const char* name : {" security.capability=", " user.note="})
        for (size_t at; (at = listing.find(name)) != listing.npos;)
            listing.erase(at, listing.find_first_of(" \n", at + 1) - at);
    return listing;
}

std::string report(const ImageFile& image, const char* what) {
    return run_checked({{"xorriso", "-indev", image.path(), what, "plain"}});
}

TEST(Iso9660, HasTheWholeTree) {
    // Larger numbers of devices are read by Linux, and by nobody else.
    std::string tar = everything(false);
    ImageFile image = image_of(tree_of(tar));
    std::string read = run_checked({{"bsdtar", "-cf", "-", "--format", "pax", "@" + image.path()}});
    EXPECT_EQ(listing_of(read), without_xattrs(listing_of(tar)));
}

TEST(Iso9660, IsReadByXorriso) {
    ImageFile image = image_of(tree_of(everything()));
    std::string listed =
        run_checked({{"xorriso", "-indev", image.path(), "-find", "/", "-exec", "lsdl"}});
    EXPECT_THAT(listed,
                HasSubstr("-rwsr-xr-x    1 0        5          126000 Jul 14  2017 '/bin/ping'"));
    EXPECT_THAT(listed, HasSubstr("'/long' -> 'bin/../bin/"));
    EXPECT_THAT(listed, HasSubstr("'/deep/d/d/d/d/d/d/d/d/d/d/d/end'"));
}

TEST(Iso9660, ForABiosIsADiskToo) {
    IsoOptions options;
    options.boot = {IsoBoot::Kind::bios, TreePath("boot/isolinux.bin"), std::string(432, 'c')};
    ImageFile image =
        image_of(tree_of(TarText().file("boot/isolinux.bin", noise(5000)).str()), options);
    EXPECT_EQ(image.size() % (1 << 20), 0u);
    std::string el_torito = report(image, "-report_el_torito");
    EXPECT_THAT(el_torito, HasSubstr("El Torito boot img :   1  BIOS  y   none"));
    EXPECT_THAT(el_torito, HasSubstr("boot-info-table"));
    EXPECT_THAT(el_torito, HasSubstr("/boot/isolinux.bin"));
    EXPECT_THAT(report(image, "-report_system_area"),
                HasSubstr("MBR partition      :   1   0x80  0x17"));
}

TEST(Iso9660, ForUefiHasItsFileSystemAsAPartition) {
    IsoOptions options;
    options.boot = {IsoBoot::Kind::uefi, TreePath("efi.img")};
    for (size_t size : {1 << 20, 48 << 20}) {
        ImageFile image =
            image_of(tree_of(TarText().file("efi.img", std::string(size, 'e')).str()), options);
        EXPECT_THAT(report(image, "-report_el_torito"),
                    HasSubstr("El Torito boot img :   1  UEFI  y   none"));
        EXPECT_THAT(report(image, "-report_system_area"),
                    HasSubstr("MBR partition      :   1   0x00  0xef"));
    }
}

TEST(Iso9660, RefusesToBootWhatIsNotThere) {
    IsoOptions options;
    options.boot = {IsoBoot::Kind::uefi, TreePath("efi.img")};
    try {
        image_of(tree_of(TarText().str()), options);
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "there is no 'efi.img' to boot");
    }
}

TEST(Iso9660, HasATimeOfItsOwnForEachUuid) {
    Tree tree = tree_of(TarText().file("a").str());
    IsoOptions one, two;
    one.time = two.time = 1492533000;
    two.uuid.fill(7);
    std::string first = image_of(tree, one).bytes();
    EXPECT_EQ(first.substr(16 * 2048 + 813, 16), "2017041800000000");
    EXPECT_EQ(image_of(tree, two).bytes().substr(16 * 2048 + 813, 8), "20170418");
    EXPECT_FALSE(first == image_of(tree, two).bytes());
}

TEST(IsoNames, TellNamesApartThatWouldBeTheSame) {
    iso9660::IsoNames names;
    EXPECT_EQ(names.file("kernel"), "KERNEL.;1");
    EXPECT_EQ(names.file("Kernel"), "KERNEL1.;1");
    EXPECT_EQ(names.directory("KERNEL"), "KERNEL2");
    EXPECT_EQ(names.file("initrd.img"), "INITRD.IMG;1");
    EXPECT_EQ(names.file("\xc3\xa4.b.c"), "___B.C;1");
    EXPECT_EQ(names.file(".hidden"), "_HIDDEN.;1");
    std::string longest(200, 'x');
    EXPECT_EQ(names.file(longest), std::string(30, 'X') + ".;1");
    EXPECT_EQ(names.file(longest + "y"), std::string(29, 'X') + "1.;1");
}

TEST(IsoNames, AreFoundFastAmongManyThatWouldBeTheSame) {
    iso9660::IsoNames names;
    std::string prefix(40, 'p');
    std::string last;
    for (int i = 0; i < 100'000; ++i)
        last = names.file(prefix + std::to_string(i));
    EXPECT_EQ(last, std::string(25, 'P') + "99999.;1");
}

TEST(IsoExtents, HaveLessThanFourGigabytesEach) {
    TreeNode node;
    node.type = EntryType::regular;
    for (auto [size, extents] : {std::pair<uint64_t, uint64_t>{0, 1},
                                 {iso9660::most_extent, 1},
                                 {iso9660::most_extent + 1, 2},
                                 {uint64_t{9} << 30, 3}}) {
        node.size = size;
        EXPECT_EQ(iso9660::extents_of(node), extents) << size;
    }
}

} // namespace
} // namespace coracle
