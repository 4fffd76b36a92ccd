// SPDX-License-Identifier: Apache-2.0
// A store on a disk that is full, in a directory that may not be written.
#include <csignal>
#include <filesystem>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/error.h"
#include "store/resolve.h"
#include "store/test_images.h"

namespace coracle {
namespace {

namespace fs = std::filesystem;
using test::put_image;
using test::put_index;

/// Runs `body` in a child; what it throws, or "" when it throws nothing.
template <class Body>
std::string error_in_child(Body&& body) {
    int ends[2];
    if (::pipe(ends) != 0)
        return "no pipe";
    pid_t child = ::fork();
    if (child == 0) {
        std::string text;
        try {
            body();
        } catch (const Error& error) {
            text = error.message();
        }
        static_cast<void>(!::write(ends[1], text.data(), text.size()));
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string text;
    char buffer[512];
    for (ssize_t count = 0; (count = ::read(ends[0], buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<size_t>(count));
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    return text;
}

class Adversity : public testing::Test {
protected:
    TempDir temporary;
    std::string directory = temporary / "cache";
    Store store{directory};
    Reference redis = Reference::parse("redis:4");
};

TEST_F(Adversity, OfAFullDiskLeavesNothing) {
    std::string text = error_in_child([&] {
        // A limit on the size of files fails as a full disk does.
        ::signal(SIGXFSZ, SIG_IGN);
        rlimit limit{100'000, 100'000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        store.put(std::string(1'000'000, 'x'), "x/y");
    });
    EXPECT_EQ(text, "cannot write '" + directory + "': File too large");
    EXPECT_TRUE(fs::is_empty(directory + "/blobs/sha256"));
    EXPECT_TRUE(fs::is_empty(directory + "/.coracle"));
}

TEST_F(Adversity, OfADirectoryThatIsReadOnlyAllowsReading) {
    store.tag(redis, put_index(store, {put_image(store, "linux/amd64", {"a"})}));
    fs::remove_all(directory + "/.coracle");
    ::chmod(temporary.path().c_str(), 0755);
    ::chmod(directory.c_str(), 0555);
    auto as_nobody = [&](const std::function<void()>& body) {
        return error_in_child([&] {
            if (::getuid() == 0 && ::setuid(65534) != 0)
                throw Error("cannot become another user");
            body();
        });
    };
    EXPECT_EQ(as_nobody([&] {
                  Store reader(directory);
                  auto session = reader.session();
                  if (resolve(reader, redis, Platform::parse("amd64")).manifest.layers.size() != 1)
                      throw Error("not what was put");
              }),
              "");
    EXPECT_EQ(as_nobody([&] { Store(directory).put("new", "x/y"); }),
              "cannot write to the cache '" + directory + "': Permission denied");
    EXPECT_EQ(as_nobody([&] { Store(directory).untag("x"); }),
              "cannot write to the cache '" + directory + "': Permission denied");
    ::chmod(directory.c_str(), 0755);
}

} // namespace
} // namespace coracle
