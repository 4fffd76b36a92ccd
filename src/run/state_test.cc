// SPDX-License-Identifier: Apache-2.0
#include "run/state.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/file.h"

namespace coracle {
namespace {

TEST(MachineState, InventsALocalAddressAndAVersion4Uuid) {
    auto state = read_state("/nonexistent");
    EXPECT_THAT(state.mac, testing::MatchesRegex("02(:[0-9a-f][0-9a-f]){5}"));
    EXPECT_EQ(state.uuid.size(), 36u);
    EXPECT_EQ(state.uuid[14], '4');
    EXPECT_NE(state.mac, read_state("/nonexistent").mac);
}

TEST(MachineState, StaysTheSameOnceKept) {
    TempDir directory;
    auto state = read_state(directory / "new");
    keep_state(state);
    auto again = read_state(directory / "new");
    EXPECT_EQ(again.mac, state.mac);
    EXPECT_EQ(again.uuid, state.uuid);
}

TEST(MachineState, ReadingChangesNothing) {
    TempDir directory;
    read_state(directory / "new");
    EXPECT_FALSE(exists(directory / "new"));
}

TEST(MachineState, RefusesAnAddressThatWouldAddOptions) {
    TempDir directory;
    write_file(directory / "mac-addr", "02:00:00:00:00:01,script=/tmp/x");
    EXPECT_THROW(read_state(directory.path()), Error);
}

} // namespace
} // namespace coracle
