// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <atomic>
#include <csignal>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

namespace coracle {
namespace {

using testing::HasSubstr;

size_t files_in(const std::string& directory) {
    auto all = std::filesystem::directory_iterator(directory);
    return static_cast<size_t>(std::distance(begin(all), end(all)));
}

template <class Body>
std::string error_of(Body body) {
    try {
        body();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

TEST(ReadFile, SaysWhichFileIsAbsentLargerOrADirectory) {
    TempDir dir;
    std::string path = dir / "f";
    EXPECT_EQ(error_of([&] { read_file(path); }),
              "cannot open '" + path + "': No such file or directory");
    write_file(path, "12345");
    EXPECT_EQ(read_file(path, 5), "12345");
    EXPECT_EQ(error_of([&] { read_file(path, 4); }), "'" + path + "' is larger than 4 bytes");
    EXPECT_EQ(error_of([&] { read_file(dir.path()); }), "'" + dir.path() + "' is a directory");
}

TEST(ReadFile, RefusesASparseGiantWithoutMakingRoomForIt) {
    TempDir dir;
    Fd fd = open_fd(dir / "giant", O_RDWR | O_CREAT);
    ASSERT_EQ(::ftruncate(fd.get(), off_t{1} << 40), 0);
    EXPECT_THAT(error_of([&] { read_file(dir / "giant"); }), HasSubstr("is larger than 67108864"));
}

TEST(ReadFile, ReadsFilesThatTellNoSize) {
    EXPECT_THAT(read_file("/proc/self/status"), HasSubstr("Pid:"));
}

TEST(ReadFileIfPresent, TakesAbsenceForNothingAndAllElseForAnError) {
    TempDir dir;
    write_file(dir / "f", "x");
    EXPECT_EQ(read_file_if_present(dir / "absent"), std::nullopt);
    EXPECT_EQ(read_file_if_present(dir / "f/below"), std::nullopt);
    EXPECT_EQ(read_file_if_present(dir / "f"), "x");
    EXPECT_THROW(read_file_if_present(dir.path()), Error);
}

TEST(MakeDirectories, MakesAllAboveAndTakesThoseThatAreThere) {
    TempDir dir;
    make_directories(dir / "a/b/c");
    make_directories(dir / "a/b/c");
    EXPECT_TRUE(exists(dir / "a/b/c"));
    write_file(dir / "f", "");
    EXPECT_EQ(error_of([&] { make_directories(dir / "f/g"); }),
              "cannot make directory '" + (dir / "f/g") + "': Not a directory");
}

TEST(AtomicFile, ReplacesAnOlderOneWhole) {
    TempDir dir;
    write_file(dir / "f", "old", 0600);
    AtomicFile file(dir / "f", 0755);
    file.write("new");
    EXPECT_EQ(read_file(dir / "f"), "old");
    file.commit(true);
    EXPECT_EQ(read_file(dir / "f"), "new");
    struct stat status{};
    ASSERT_EQ(::stat((dir / "f").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0111, 0111u & ~static_cast<unsigned>(::umask(::umask(0))));
    EXPECT_EQ(files_in(dir.path()), 1u);
}

TEST(AtomicFile, ReplacesLazilyWhatThereIsOrIsNot) {
    TempDir dir;
    for (const char* content : {"first", "second"}) {
        AtomicFile file(dir / "f");
        file.write(content);
        file.commit_lazily();
        EXPECT_EQ(read_file(dir / "f"), content);
        EXPECT_EQ(files_in(dir.path()), 1u);
    }
    AtomicFile file(dir / "g");
    make_directories(dir / "g/full");
    EXPECT_EQ(error_of([&] { file.commit_lazily(); }),
              "cannot write '" + (dir / "g") + "': Is a directory");
    EXPECT_TRUE(exists(dir / "g/full"));
}

TEST(AtomicFile, LeavesNothingBehindWithoutCommit) {
    TempDir dir;
    {
        AtomicFile file(dir / "f");
        file.write("half");
    }
    EXPECT_EQ(files_in(dir.path()), 0u);
}

TEST(AtomicFile, LeavesNothingBehindWhenItCannotBePutInPlace) {
    TempDir dir;
    {
        AtomicFile file(dir / "f");
        make_directories(dir / "f/full");
        EXPECT_EQ(error_of([&] { file.commit(); }),
                  "cannot write '" + (dir / "f") + "': Is a directory");
    }
    EXPECT_EQ(files_in(dir.path()), 1u);
}

TEST(AtomicFile, LeavesNoTraceOfAKilledProcess) {
    TempDir dir;
    pid_t child = ::fork();
    if (child == 0) {
        AtomicFile file(dir / "f");
        file.write("half");
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    Fd probe(::open(dir.path().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!probe)
        GTEST_SKIP() << "the file system has no O_TMPFILE";
    EXPECT_EQ(files_in(dir.path()), 0u);
}

TEST(AtomicFile, TakesAnotherNameAtTheEnd) {
    TempDir dir;
    AtomicFile file(dir / "f");
    file.write("x");
    file.commit_as(dir / "g");
    EXPECT_EQ(file.path(), dir / "g");
    EXPECT_EQ(read_file(dir / "g"), "x");
    EXPECT_FALSE(exists(dir / "f"));
}

TEST(AtomicFile, NeverReplacesADeviceOrADirectory) {
    TempDir dir;
    EXPECT_EQ(error_of([] { AtomicFile file("/dev/null"); }),
              "cannot write '/dev/null': it is not a regular file");
    EXPECT_EQ(error_of([&] { AtomicFile file(dir.path()); }),
              "cannot write '" + dir.path() + "': it is a directory");
}

TEST(AtomicFile, SaysWhereItCannotBeMade) {
    EXPECT_EQ(error_of([] { AtomicFile file("/nowhere/at/all"); }),
              "cannot write '/nowhere/at/all': No such file or directory");
}

TEST(RemoveTemporaries, TakesAwayWhatIsNotDone) {
    TempDir dir;
    TempDir inner(dir.path());
    write_file(inner / "f", "x");
    remove_temporaries();
    EXPECT_FALSE(exists(inner.path()));
}

TEST(TempDir, IsRemovedWithAllThatIsInIt) {
    std::string path;
    {
        TempDir dir;
        path = dir.path();
        make_directories(dir / "a/b");
        write_file(dir / "a/b/f", "x");
        std::filesystem::create_symlink("/etc", dir / "link");
        TempDir moved(std::move(dir));
        EXPECT_EQ(moved.path(), path);
        EXPECT_TRUE(exists(path));
    }
    EXPECT_FALSE(exists(path));
    EXPECT_TRUE(exists("/etc"));
}

TEST(FileLock, KeepsOthersOutWhileItIsHeld) {
    TempDir dir;
    std::string path = dir / "lock";
    {
        FileLock held(path, FileLock::Mode::exclusive);
        EXPECT_FALSE(FileLock::attempt(path, FileLock::Mode::exclusive));
        EXPECT_FALSE(FileLock::attempt(path, FileLock::Mode::shared));
    }
    EXPECT_TRUE(FileLock::attempt(path, FileLock::Mode::exclusive));
}

TEST(FileLock, IsSharedByReaders) {
    TempDir dir;
    FileLock one(dir / "lock", FileLock::Mode::shared);
    EXPECT_TRUE(FileLock::attempt(dir / "lock", FileLock::Mode::shared));
    EXPECT_FALSE(FileLock::attempt(dir / "lock", FileLock::Mode::exclusive));
}

TEST(FileLock, SaysWhyItCannotBeMade) {
    try { // nobody makes files in /sys, whether it is read-only or not
        FileLock lock("/sys/coracle.lock", FileLock::Mode::exclusive);
        FAIL();
    } catch (const Error& error) {
        EXPECT_THAT(error.message(), testing::StartsWith("cannot open '/sys/coracle.lock': "));
        EXPECT_THAT(error.message(), testing::Not(testing::HasSubstr("No such file")));
    }
}

TEST(FileLock, WaitsForTheHolder) {
    TempDir dir;
    std::optional<FileLock> held;
    held.emplace(dir / "lock", FileLock::Mode::exclusive);
    std::atomic<bool> given_up = false;
    std::thread other([&] {
        FileLock lock(dir / "lock", FileLock::Mode::exclusive);
        EXPECT_TRUE(given_up);
    });
    given_up = true;
    held.reset();
    other.join();
}

} // namespace
} // namespace coracle
