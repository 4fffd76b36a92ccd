// SPDX-License-Identifier: Apache-2.0
#include "rootfs/key.h"

#include <fmt/format.h>

namespace coracle {

namespace {
/// Changes whenever a component with the same inputs emits other entries than before.
constexpr std::string_view layout_version = "2";
} // namespace

KeyBuilder::KeyBuilder(std::string_view kind) { add(layout_version).add(kind); }

KeyBuilder& KeyBuilder::add(std::string_view text) {
    hasher_.update(fmt::format("{}:", text.size())).update(text);
    return *this;
}

KeyBuilder& KeyBuilder::add(uint64_t number) { return add(fmt::to_string(number)); }

} // namespace coracle
