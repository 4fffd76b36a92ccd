// SPDX-License-Identifier: Apache-2.0
#include "build/lock_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace coracle {
namespace {

using testing::ElementsAre;

const std::string one = "sha256:" + std::string(64, '1');
const std::string two = "sha256:" + std::string(64, '2');

LockFile example() {
    LockFile lock{.specs = {"b.yml", "a.yml"}};
    LockedImage image{Digest::parse(one), {{"linux/arm64", Digest::parse(two)}}};
    image.manifests.emplace("linux/amd64", Digest::parse(one));
    lock.images.emplace("docker.io/library/redis:8", image);
    lock.packages = {{"@pkg:init", "docker.io/coracle/init:1"}};
    lock.urls.emplace("https://a.example/b.yml", Digest::parse(one));
    lock.files.emplace("a.yml", Digest::parse(two));
    return lock;
}

std::string refusal(const std::string& text) {
    try {
        LockFile::parse(text, "the lock");
    } catch (const Error& error) {
        return error.message();
    }
    return "accepted";
}

TEST(LockFile, IsReadAsItIsWritten) {
    std::string text = example().str();
    EXPECT_EQ(LockFile::parse(text, "the lock"), example());
    EXPECT_EQ(LockFile::parse(text, "the lock").str(), text);
}

TEST(LockFile, IsForPeopleToo) {
    EXPECT_EQ(example().str(), R"({
  "coracleLock": 1,
  "specs": [
    "b.yml",
    "a.yml"
  ],
  "images": {
    "docker.io/library/redis:8": {
      "digest": ")" + one + R"(",
      "platforms": {
        "linux/amd64": ")" + one + R"(",
        "linux/arm64": ")" + two + R"("
      }
    }
  },
  "packages": {
    "@pkg:init": "docker.io/coracle/init:1"
  },
  "urls": {
    "https://a.example/b.yml": ")" +
                                   one + R"("
  },
  "files": {
    "a.yml": ")" + two + R"("
  }
}
)");
}

TEST(LockFile, TellsWhatDiffers) {
    LockFile fresh = example();
    EXPECT_TRUE(differences(example(), fresh).empty());
    fresh.images.at("docker.io/library/redis:8").manifests.at("linux/arm64") = Digest::parse(one);
    fresh.packages.clear();
    fresh.files.emplace("c.yml", Digest::parse(one));
    EXPECT_THAT(differences(example(), fresh),
                ElementsAre("c.yml: " + one,
                            "docker.io/library/redis:8 linux/arm64: " + two + " is now " + one,
                            "@pkg:init: docker.io/coracle/init:1 is gone"));
}

TEST(LockFile, IsRefusedWhenItIsMalformed) {
    EXPECT_EQ(refusal("{}"), "the lock is no lock file of version 1");
    EXPECT_EQ(refusal(R"({"coracleLock":2})"), "the lock is no lock file of version 1");
    EXPECT_EQ(refusal(R"({"coracleLock":1,"image":{}})"), "the lock: 'image' is not known");
    EXPECT_EQ(refusal(R"({"coracleLock":1,"images":[]})"),
              "'images' of the lock is not a JSON object");
    EXPECT_EQ(refusal(R"({"coracleLock":1,"images":{"a":{"platforms":{}}}})"),
              "'a' of the lock: 'digest' is missing");
    EXPECT_EQ(refusal(R"({"coracleLock":1,"images":{"a":{"digest":")" + one + R"("}}})"),
              "'a' of the lock has no platform");
    EXPECT_EQ(refusal(R"({"coracleLock":1,"urls":{"a":1}})"),
              "the lock: 'urls' is not an object of strings");
    EXPECT_EQ(refusal(R"({"coracleLock":1,"specs":[],"specs":[]})"),
              "the lock has the key 'specs' twice in one object");
}

} // namespace
} // namespace coracle
