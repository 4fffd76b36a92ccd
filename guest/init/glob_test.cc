// SPDX-License-Identifier: Apache-2.0
#include "init/glob.h"

#include <random>
#include <string>

#include <fnmatch.h>
#include <gtest/gtest.h>

namespace coracle::guest {
namespace {

TEST(Glob, MatchesDeviceAliases) {
    EXPECT_TRUE(glob_matches("virtio:d00000001v*", "virtio:d00000001v00001AF4"));
    EXPECT_FALSE(glob_matches("virtio:d00000001v*", "virtio:d00000002v00001AF4"));
    EXPECT_TRUE(glob_matches("acpi*:PNP0C0C:*", "acpi:PNP0C0C:"));
    EXPECT_TRUE(glob_matches("usb:v*p*d*dc*dsc*dp*ic08isc06ip50in*",
                             "usb:v0781p5567d0100dc00dsc00dp00ic08isc06ip50in00"));
    EXPECT_TRUE(glob_matches("pci:v00008086d0000100[0-9A-F]sv*", "pci:v00008086d0000100Esv1"));
    EXPECT_FALSE(glob_matches("pci:v00008086d0000100[!0-9A-F]sv*", "pci:v00008086d0000100Esv1"));
}

TEST(Glob, AgreesWithFnmatch) {
    std::mt19937 random(1);
    const std::string pieces[] = {"a",    "b",     "*",   "?", "[ab]", "[!a]",
                                  "[^b]", "[a-c]", "\\*", "c", ":"};
    const std::string letters = "abc:*";
    size_t matched = 0;
    for (int round = 0; round < 200000; ++round) {
        std::string pattern, text;
        for (size_t i = random() % 6; i > 0; --i)
            pattern += pieces[random() % std::size(pieces)];
        for (size_t i = random() % 7; i > 0; --i)
            text += letters[random() % letters.size()];
        bool expected = ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
        ASSERT_EQ(glob_matches(pattern, text), expected) << pattern << " " << text;
        matched += expected;
    }
    EXPECT_GT(matched, 1000u);
}

TEST(Glob, DoesNotTakeExponentialTime) {
    std::string pattern, text(5000, 'a');
    for (int i = 0; i < 500; ++i)
        pattern += "*a";
    EXPECT_FALSE(glob_matches(pattern + "*b", text));
}

} // namespace
} // namespace coracle::guest
