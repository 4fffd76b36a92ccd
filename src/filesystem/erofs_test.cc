// SPDX-License-Identifier: Apache-2.0
#include "filesystem/erofs.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "filesystem/erofs_data.h"
#include "filesystem/erofs_format.h"
#include "filesystem/test_tree.h"

namespace coracle {
namespace {

using namespace test;
using testing::HasSubstr;

ImageFile image_of(const Tree& tree, const ErofsOptions& options = {}) {
    return ImageFile([&](int fd) { return write_erofs(tree, fd, options); });
}

/// Without devices, which only root may make.
std::string plain_files(const std::string& directory) {
    std::string text;
    for (const auto& file : std::filesystem::recursive_directory_iterator(directory)) {
        std::string path = std::filesystem::relative(file.path(), directory);
        if (file.is_symlink())
            text += path + " -> " + std::filesystem::read_symlink(file.path()).string() + "\n";
        else if (file.is_regular_file())
            text += fmt::format("{} {}\n", path,
                                std::hash<std::string>()(read_file(file.path().string())));
        else if (file.is_directory())
            text += path + "/\n";
    }
    auto lines = split(text, '\n');
    std::ranges::sort(lines);
    return join(lines, "\n");
}

std::string described(const ImageFile& image, const std::string& path) {
    return run_checked({{"dump.erofs", "--path=" + path, image.path()}});
}

class Erofs : public testing::TestWithParam<bool> {
protected:
    ImageFile image(const std::string& tar) {
        ErofsOptions options;
        options.compress = GetParam();
        return image_of(tree_of(tar), options);
    }
};

TEST_P(Erofs, IsFoundSoundAndHasAllFiles) {
    std::string tar = everything();
    ImageFile made = image(tar);
    EXPECT_EQ(made.size() % 4096, 0u);
    run_checked({{"fsck.erofs", made.path()}});
    make_directories(made / "tar");
    Command unpack{{"bsdtar", "-C", made / "tar", "-xf", "-"}};
    unpack.input = tar;
    run(unpack); // fails for devices where the user may not make them
    run(Command{{"fsck.erofs", "--extract=" + (made / "tree"), made.path()}});
    EXPECT_EQ(plain_files(made / "tree"), plain_files(made / "tar"));
}

TEST_P(Erofs, KeepsOwnersModesLinksAndTimes) {
    ImageFile made = image(everything());
    EXPECT_THAT(described(made, "/bin/ping"), HasSubstr("Links: 2"));
    EXPECT_THAT(described(made, "/bin/ping"), HasSubstr("Uid: 0   Gid: 5  Access: 0755"));
    EXPECT_THAT(described(made, "/bin/ping"), HasSubstr("2017-07-14 02:40:00"));
    EXPECT_THAT(described(made, "/closed"), HasSubstr("Uid: 123456   Gid: 654781  Access: 0700"));
    EXPECT_THAT(described(made, "/closed"), HasSubstr("Links: 2"));
    EXPECT_THAT(described(made, "/deep"), HasSubstr("Links: 3"));
}

INSTANTIATE_TEST_SUITE_P(, Erofs, testing::Bool(),
                         [](const auto& test) { return test.param ? "Packed" : "Plain"; });

TEST(ErofsImage, IsTheSameOnAnyNumberOfThreads) {
    Tree tree = tree_of(everything());
    std::string one = image_of(tree).bytes();
    for (unsigned threads : {2, 3, 7}) {
        ErofsOptions options;
        options.threads = threads;
        EXPECT_TRUE(image_of(tree, options).bytes() == one) << threads;
    }
}

TEST(ErofsImage, IsSmallerWhenPacked) {
    Tree tree = tree_of(everything());
    ErofsOptions plain;
    plain.compress = false;
    EXPECT_LT(image_of(tree).size() * 3, image_of(tree, plain).size() * 2);
}

TEST(ErofsImage, HasTheUuidThatItIsGiven) {
    ErofsOptions options;
    options.uuid.fill(0xab);
    EXPECT_THAT(
        run_checked({{"dump.erofs", "-s", image_of(tree_of(everything()), options).path()}}),
        HasSubstr("abababab-abab-abab-abab-abababababab"));
}

TEST(ErofsImage, IsNoticedWhenItsHeaderIsDamaged) {
    ImageFile image = image_of(tree_of(everything()));
    std::string bytes = image.bytes();
    bytes[1024 + 50] = static_cast<char>(bytes[1024 + 50] ^ 1);
    write_file(image.path(), bytes);
    EXPECT_THAT(run({{"fsck.erofs", image.path()}}).error,
                HasSubstr("failed to verify superblock checksum"));
}

TEST(ErofsImage, RefusesAttributesThatAreTooLarge) {
    std::string name = "user." + std::string(256, 'n');
    try {
        image_of(tree_of(TarText().pax({{"SCHILY.xattr." + name, "x"}}).file("a").str()));
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.message(), "the attribute '" + name + "' is too large for an erofs");
    }
}

TEST(ErofsPack, GivesMoreThanItTakesOrStores) {
    for (size_t size : {1, 4095, 4096, 4097, 65536, 65537, 1'000'000}) {
        for (const std::string& data : {noise(size), std::string(size, 'x')}) {
            auto packed = erofs::pack(data);
            uint64_t length = 0;
            uint64_t blocks = 0;
            for (const auto& cluster : packed.clusters) {
                length += cluster.length;
                blocks += cluster.blocks;
                EXPECT_TRUE(cluster.stored ? cluster.length <= 4096
                                           : cluster.length > cluster.blocks * 4096u);
            }
            EXPECT_EQ(length, size);
            EXPECT_EQ(blocks * 4096, packed.bytes.size());
            // Throws where it does not describe each 4096 bytes.
            EXPECT_NO_THROW(erofs::index_of({.block = 1, .clusters = packed.clusters}, size));
        }
    }
}

} // namespace
} // namespace coracle
