// SPDX-License-Identifier: Apache-2.0
// What is written into the second slot of a disk whose root is verified.
#include "base/error.h"
#include "format/system_disk.h"
#include "format/verity_root.h"

namespace coracle {

namespace {

/// How often the boot loader starts an update that does not prove itself.
constexpr int attempts = 3;

} // namespace

void make_verity_update(const FormatInput& input, Outputs& outputs,
                        std::vector<ComponentResult>& results) {
    if (!input.disk.two_slots || input.disk.version.empty())
        throw Error("an update is for a disk with two slots, and has a version of its own")
            .hint("--ab --image-version 2");
    VerityRoot root = make_verity_root(input, results);
    auto write = [&](const std::string& ending, const Extents& content) {
        write_raw(input, outputs, "_" + system_version(input) + ending, content);
    };
    write(fmt::format("_{}.root", root.image_id().str()), root.image);
    write(fmt::format("_{}.verity", root.hashes_id().str()), root.hashes);
    write(fmt::format("+{}.efi", attempts), root.uki);
}

} // namespace coracle
