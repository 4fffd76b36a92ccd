// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/deb.h"

#include <gtest/gtest.h>

#include "archive/tar_reader.h"
#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "pkgbuild/test_deb.h"

namespace coracle {
namespace {

std::string names_in(EntrySource& entries) {
    std::string text;
    while (auto entry = entries.next())
        text += fmt::format("{} {:o} {}\n", entry->path.str(), entry->mode,
                            read_all(entries.content()) + entry->link_target);
    return text;
}

std::string names_in(const std::string& deb) {
    MemorySource source(deb);
    DebReader reader(source, "test");
    return names_in(reader.data());
}

std::string error_of(const std::string& deb) {
    try {
        names_in(deb);
    } catch (const Error& error) {
        return error.message();
    }
    return "";
}

const test::DebFiles files{{"usr/", ""},
                           {"usr/bin/", ""},
                           {"usr/bin/hello", "#!/bin/sh\n"},
                           {"usr/bin/hi -> hello", ""},
                           {"usr/share/", ""},
                           {"usr/share/odd", "odd"}};

TEST(DebReader, ReadsEveryCompression) {
    std::string expected = "usr 755 \nusr/bin 755 \nusr/bin/hello 755 #!/bin/sh\n\n"
                           "usr/bin/hi 777 hello\nusr/share 755 \nusr/share/odd 644 odd\n";
    for (auto compression :
         {Compression::none, Compression::gzip, Compression::xz, Compression::zstd})
        EXPECT_EQ(names_in(test::make_deb("hello", files, compression)), expected);
}

TEST(DebReader, ReadsTheControlFile) {
    auto deb = test::make_deb("hello", files);
    MemorySource source(deb);
    DebReader reader(source, "hello");
    EXPECT_EQ(control_field(reader.control(), "package"), "hello");
    EXPECT_EQ(control_field(reader.control(), "Version"), "1.0");
    EXPECT_EQ(control_field(reader.control(), "Ver"), "");
}

TEST(DebReader, SeesWhatDpkgDebSees) {
    if (!find_program("dpkg-deb"))
        GTEST_SKIP() << "dpkg-deb is not installed";
    TempDir directory;
    // Built by dpkg-deb, and read by it.
    make_directories(directory / "tree/DEBIAN");
    make_directories(directory / "tree/usr/bin");
    write_file(directory / "tree/DEBIAN/control",
               "Package: oracle\nVersion: 1\nArchitecture: all\nMaintainer: n <n@example.org>\n"
               "Description: x\n");
    write_file(directory / "tree/usr/bin/tool", "tool\n", 0755);
    write_file(directory / "tree/usr/data", std::string(100'000, 'x'));
    run_checked({.argv = {"dpkg-deb", "--root-owner-group", "-b", directory / "tree",
                          directory / "oracle.deb"}});
    for (const auto& deb : {read_file(directory / "oracle.deb"), test::make_deb("own", files)}) {
        write_file(directory / "x.deb", deb);
        auto tar = run_checked({.argv = {"dpkg-deb", "--fsys-tarfile", directory / "x.deb"}});
        MemorySource source(tar);
        TarReader reader(source);
        EXPECT_EQ(names_in(deb), names_in(reader));
    }
}

TEST(DebReader, RefusesWhatIsNoPackage) {
    EXPECT_EQ(error_of(""), "this is no Debian package");
    EXPECT_EQ(error_of("!<arch>\n"), "this is no Debian package");
    EXPECT_EQ(error_of(std::string(200, 'x')), "this is no Debian package");
    EXPECT_EQ(error_of("!<arch>\n" + test::ar_member("debian-binary", "3.0\n")),
              "the package has the unknown format '3.0'");
    EXPECT_EQ(error_of("!<arch>\n" + test::ar_member("debian-binary", "2.0\n")),
              "the archive has no control.tar");
    EXPECT_EQ(error_of("!<arch>\n" + test::ar_member("debian-binary", "2.0\n") +
                       test::ar_member("data.tar", "")),
              "the archive has 'data.tar' where control.tar should be");
}

TEST(DebReader, NoticesEveryTruncation) {
    auto deb = test::make_deb("hello", files, Compression::none);
    for (size_t size = 0; size + 1 < deb.size(); size += 97)
        EXPECT_NE(error_of(deb.substr(0, size)), "") << size;
}

TEST(DebReader, RefusesPathsThatLeaveTheRoot) {
    StringSink sink;
    TarWriter writer(sink);
    Entry entry;
    entry.path = TreePath("usr/share/aaaaaaaa");
    writer.add(entry, "");
    writer.finish();
    auto tar = sink.take();
    // The writer cannot make such a name, so it is put into the header; the checksum is set right.
    tar.replace(tar.find("usr/share/aaaaaaaa"), 18, "../../etc/cron.d/x");
    unsigned sum = 0;
    for (size_t i = 0; i < 512; ++i)
        sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(tar[i]);
    tar.replace(148, 8, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
    auto control = test::packed_tar({{"control", "Package: x\n"}}, Compression::none);
    auto message =
        error_of("!<arch>\n" + test::ar_member("debian-binary", "2.0\n") +
                 test::ar_member("control.tar", control) + test::ar_member("data.tar", tar));
    EXPECT_NE(message.find(".."), std::string::npos) << message;
}

TEST(ControlField, JoinsContinuationLines) {
    EXPECT_EQ(control_field("A: 1\nB: 2\n 3\n\t4\nC: 5\n", "B"), "2\n3\n4");
}

} // namespace
} // namespace coracle
