// SPDX-License-Identifier: Apache-2.0
#include "init/boot_trial.h"

#include <gtest/gtest.h>

#include "init/efi_variables.h"

namespace coracle::guest {
namespace {

TEST(BootCounter, IsTakenFromTheName) {
    EXPECT_EQ(without_counter("system_2+3.efi"), "system_2.efi");
    EXPECT_EQ(without_counter("system_2+2-1.efi"), "system_2.efi");
    EXPECT_EQ(without_counter("a+b_1.0+0-3.efi"), "a+b_1.0.efi");
    EXPECT_EQ(without_counter("entry+10-20.conf"), "entry.conf");
}

TEST(BootCounter, IsNotWhatLooksLikeOne) {
    for (const char* name : {"system_2.efi", "system_2+.efi", "system_2+3", "system_2+3-.efi",
                             "system_2+x.efi", "system_2+3-1-1.efi", "+3.efi", "", "a.b+3"})
        EXPECT_EQ(without_counter(name), std::nullopt) << name;
}

TEST(EfiText, IsReadAsEfivarfsShowsIt) {
    using namespace std::string_view_literals;
    EXPECT_EQ(efi_text("\6\0\0\0\\\0E\0F\0I\0\0\0"sv), "\\EFI");
    EXPECT_EQ(efi_text("\6\0\0\0a\0"sv), "a");
    EXPECT_EQ(efi_text("\6\0\0\0a\1"sv), std::nullopt);
    EXPECT_EQ(efi_text("\6\0\0\0a"sv), std::nullopt);
    EXPECT_EQ(efi_text("\6\0\0"sv), std::nullopt);
    EXPECT_EQ(efi_text(""sv), std::nullopt);
}

} // namespace
} // namespace coracle::guest
