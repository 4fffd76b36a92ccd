// SPDX-License-Identifier: Apache-2.0
// What is written into the second slot of a disk whose root is verified.
#include "base/error.h"
#include "disk/random_access_file.h"
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
    std::string base = input.base + "_" + system_version(input);
    auto write = [&](const std::string& path, const Extents& content) {
        RandomAccessFile file(outputs.create_file(path), path);
        file.write_at(0, content);
        file.resize(content.size());
    };
    write(fmt::format("{}_{}.root", base, root.image_id().str()), root.image);
    write(fmt::format("{}_{}.verity", base, root.hashes_id().str()), root.hashes);
    write(fmt::format("{}+{}.efi", base, attempts), root.uki);
}

} // namespace coracle
