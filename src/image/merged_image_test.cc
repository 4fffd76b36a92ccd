// SPDX-License-Identifier: Apache-2.0
#include "image/merged_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "image/layer.h"
#include "image/test_overlay.h"
#include "io/compress.h"
#include "oci/media_types.h"
#include "store/store.h"

namespace coracle {
namespace {

using test::TarText;
using testing::HasSubstr;
using testing::StartsWith;

class StoredLayers : public testing::Test {
protected:
    Descriptor layer(std::string_view tar, Compression compression = Compression::none,
                     std::string media_type = std::string(media_type::oci_layer)) {
        StringSink bytes;
        auto packed = make_compressor(bytes, compression);
        packed->write(tar);
        packed->finish();
        return store_.put(bytes.str(), std::move(media_type));
    }

    std::string error_of(std::vector<Descriptor> layers, LayerLimits limits = {}) {
        try {
            MergedImage image(store_, std::move(layers), {}, {limits});
        } catch (const Error& error) {
            return error.what();
        }
        return "";
    }

    /// Overwrites one byte of a blob on disk.
    void damage(const Descriptor& descriptor, size_t at) {
        std::string path = store_.path_of(descriptor.digest);
        std::string bytes = read_file(path);
        bytes.at(at) = static_cast<char>(bytes.at(at) ^ 1);
        write_file(path, bytes);
    }

    static std::string listing(const MergedImage& image) {
        std::string text;
        auto source = image.open();
        while (auto entry = source->next())
            text += entry->path.str() + "=" + read_all(source->content()) + ";";
        return text;
    }

    TempDir dir_;
    Store store_{dir_ / "store"};
};

TEST_F(StoredLayers, AreOneTreeHoweverTheyArePacked) {
    MergedImage image(store_, {layer(TarText().file("a", "1").file("x", "old").str()),
                               layer(TarText().file("b", "2").str(), Compression::gzip),
                               layer(TarText().file("c", "3").str(), Compression::zstd),
                               layer(TarText().file("x", "new").str(), Compression::xz)});
    EXPECT_EQ(listing(image), "a=1;b=2;c=3;x=new;");
    EXPECT_EQ(listing(image), "a=1;b=2;c=3;x=new;"); // as often as one likes
    EXPECT_EQ(test::order_fault(image.headers()), "");
}

TEST_F(StoredLayers, AreUnpackedAsTheirBytesLookNotAsTheirTypeSays) {
    MergedImage image(store_, {layer(TarText().file("a", "1").str(), Compression::zstd,
                                     std::string(media_type::docker_layer_gzip))});
    EXPECT_EQ(listing(image), "a=1;");
}

TEST_F(StoredLayers, GiveSingleFiles) {
    MergedImage image(store_, {layer(TarText().file("d/a", "1").symlink("l", "d/a").str())});
    std::string content;
    auto keep = [&](const Entry&, Source& source) { content = read_all(source); };
    EXPECT_TRUE(image.with_file(TreePath("d/a"), keep));
    EXPECT_EQ(content, "1");
    EXPECT_FALSE(image.with_file(TreePath("l"), keep));
    EXPECT_FALSE(image.with_file(TreePath("absent"), keep));
}

TEST_F(StoredLayers, AreChangedAsAsked) {
    Addition over{{.path = TreePath("etc/hosts")}, "ours"};
    Addition missing{{.path = TreePath("etc/mtab")}, "made", true};
    Addition there{{.path = TreePath("etc/fstab")}, "made", true};
    MergedImage image(store_,
                      {layer(TarText()
                                 .file("etc/hosts", "theirs")
                                 .file("etc/fstab", "theirs")
                                 .file("gone/x", "1")
                                 .str())},
                      {.remove = {TreePath("gone")}, .add = {over, missing, there}});
    EXPECT_EQ(listing(image), "etc=;etc/fstab=theirs;etc/hosts=ours;etc/mtab=made;");
}

TEST_F(StoredLayers, EmptyLayersAndNoLayersAreAnEmptyTree) {
    EXPECT_EQ(listing(MergedImage(store_, {})), "");
    EXPECT_EQ(listing(MergedImage(store_, {layer(TarText().str(), Compression::gzip)})), "");
}

// Broken and hostile layers

TEST_F(StoredLayers, WithAFlippedBitAreRefused) {
    auto plain = layer(TarText().file("a", "content").str());
    damage(plain, tar_block); // content: the archive itself stays well-formed
    EXPECT_THAT(error_of({plain}), StartsWith("blob " + plain.digest.str() + " is damaged"));
    EXPECT_THAT(error_of({plain}), HasSubstr("while reading layer " + plain.digest.str()));

    auto end = layer(TarText().file("a", "content").str() + std::string(4096, '\0'));
    damage(end, 4096 + 512); // padding at the very end
    EXPECT_NE(error_of({end}), "");

    auto packed = layer(TarText().file("a", "content").str(), Compression::gzip);
    damage(packed, 4); // the time in gzip's header, which means nothing
    EXPECT_THAT(error_of({packed}), HasSubstr("is damaged"));
}

TEST_F(StoredLayers, OfAnotherSizeAreRefused) {
    auto longer = layer(TarText().file("a").str());
    longer.size -= 512;
    EXPECT_NE(error_of({longer}), "");
    auto shorter = layer(TarText().file("b").str());
    shorter.size += 1;
    EXPECT_NE(error_of({shorter}), "");
}

TEST_F(StoredLayers, ThatAreAbsentAreNamed) {
    auto absent = layer(TarText().file("a").str());
    store_.drop(absent.digest);
    EXPECT_THAT(error_of({absent}), HasSubstr(absent.digest.str()));
}

TEST_F(StoredLayers, ThatAreNoTarAreRefused) {
    EXPECT_THAT(error_of({layer("this is no tar")}), StartsWith("the tar archive is truncated"));
    EXPECT_THAT(error_of({layer("")}), StartsWith("the tar archive is truncated"));
    EXPECT_THAT(error_of({layer("{}", Compression::none, "application/json")}),
                HasSubstr("is not a layer type that can be unpacked"));
}

TEST_F(StoredLayers, PackedTwiceAreUnpackedOnce) {
    StringSink inner;
    auto packed = make_compressor(inner, Compression::gzip);
    packed->write(TarText().file("a").str());
    packed->finish();
    EXPECT_THAT(error_of({layer(inner.str(), Compression::gzip)}), HasSubstr("tar"));
}

TEST_F(StoredLayers, TruncatedOrFollowedByMoreAreRefused) {
    StringSink bytes;
    auto packed = make_compressor(bytes, Compression::gzip);
    packed->write(TarText().file("a", "x").str());
    packed->finish();
    auto cut = store_.put(bytes.str().substr(0, bytes.str().size() - 4),
                          std::string(media_type::oci_layer_gzip));
    EXPECT_THAT(error_of({cut}), StartsWith("the gzip stream is truncated"));
    auto more =
        store_.put(bytes.str() + "more than a header", std::string(media_type::oci_layer_gzip));
    EXPECT_THAT(error_of({more}), StartsWith("the gzip stream is damaged after its first member"));
    // A second member with a whole archive: other readers see one or the other.
    auto twice = store_.put(bytes.str() + bytes.str(), std::string(media_type::oci_layer_gzip));
    EXPECT_THAT(error_of({twice}), StartsWith("the tar archive goes on after its end mark"));
}

TEST_F(StoredLayers, BombsEndAtTheLimitThatTheyAreToldBy) {
    // A few kilobytes that unpack to 8 MiB: in a file, in the padding after the end, in names.
    std::string zeros(8 << 20, '\0');
    auto file = layer(TarText().file("a", zeros).str(), Compression::gzip);
    EXPECT_LT(file.size, 32u << 10);
    LayerLimits limits;
    limits.unpacked_bytes = 1 << 20;
    EXPECT_THAT(error_of({file}, limits),
                StartsWith("the layer unpacks to more than 1048576 bytes"));
    auto padding = layer(TarText().file("a").str() + zeros, Compression::zstd);
    EXPECT_THAT(error_of({padding}, limits),
                StartsWith("the layer unpacks to more than 1048576 bytes"));
    EXPECT_EQ(error_of({padding}), "");

    limits = {};
    limits.tar.bytes = 1 << 20;
    EXPECT_THAT(error_of({file}, limits),
                StartsWith("the tar archive holds more than the allowed 1048576 bytes"));
    limits = {};
    limits.tree.entries = 2;
    auto two = layer(TarText().file("a").file("b").str());
    auto third = layer(TarText().file("c").str());
    EXPECT_EQ(error_of({two, third}, limits), "the tree has more than the allowed 2 entries\n"
                                              "  while merging layer " +
                                                  third.digest.str());
}

TEST_F(StoredLayers, AreUnpackedAndVerifiedOnce) {
    auto packed = layer(TarText().file("a", "content").str(), Compression::gzip);
    MergedImage image(store_, {packed});
    damage(packed, packed.size / 2);
    EXPECT_TRUE(image.with_file(TreePath("a"), [](const Entry&, Source& content) {
        EXPECT_EQ(read_all(content), "content");
    }));
}

/// Wants all regular files whose name is "wanted".
class Wanted : public LayerWatch {
public:
    bool wants(const Entry& entry) const override { return entry.path.name() == "wanted"; }
    void saw(const Digest& layer, std::vector<Seen> seen) override {
        for (auto& one : seen)
            all.push_back(layer.str() + " " + one.entry.path.str() + " " + one.content);
    }
    std::vector<std::string> all;
};

TEST_F(StoredLayers, ShowTheirWatchWhatItWantsAndGiveItAllTheSame) {
    auto one = layer(TarText().file("wanted", "x").file("b", "y").file("d/wanted", "z").str());
    Wanted watch;
    MergedImage image(store_, {one}, {}, {{}, &watch});
    std::string digest = one.digest.str();
    EXPECT_THAT(watch.all, testing::ElementsAre(digest + " wanted x", digest + " d/wanted z"));
    std::string contents;
    auto source = image.open();
    while (source->next())
        contents += read_all(source->content());
    EXPECT_EQ(contents, "xyz");
    EXPECT_EQ(watch.all.size(), 2u);
}

TEST_F(StoredLayers, ShowTheirWatchNothingOfADamagedLayer) {
    auto one = layer(TarText().file("wanted", std::string(100, 'x')).str());
    damage(one, 600);
    Wanted watch;
    EXPECT_THROW(MergedImage(store_, {one}, {}, {{}, &watch}), Error);
    EXPECT_TRUE(watch.all.empty());
}

TEST_F(StoredLayers, AreReadInBoundedMemoryHoweverLargeTheirFiles) {
    // The headers of a file of 256 MiB are read through a buffer of 64 KiB.
    StringSink bytes;
    auto packed = make_compressor(bytes, Compression::zstd);
    uint64_t size = 256 << 20;
    packed->write(
        TarText()
            .add("big", '0', {},
                 [&](UstarHeader& h) { TarText::put(h.size, fmt::format("{:011o}", size)); })
            .open());
    write_zeros(*packed, size + 2 * tar_block);
    packed->finish();
    MergedImage image(store_, {store_.put(bytes.str(), std::string(media_type::oci_layer_zstd))});
    auto source = image.open();
    EXPECT_EQ(source->next()->size, size);
    EXPECT_EQ(skip(source->content()), size);
}

} // namespace
} // namespace coracle
