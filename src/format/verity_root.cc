// SPDX-License-Identifier: Apache-2.0
#include "format/verity_root.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/text.h"
#include "disk/verity.h"
#include "format/root_initrd.h"
#include "format/system_facts.h"
#include "format/tree_image.h"
#include "format/uki.h"

namespace coracle {

namespace {

constexpr TreeFormat root_format = TreeFormat::erofs;
constexpr size_t longest_version = 16;
/// For the system to be up, or the boot loader counts the boot as a failed one.
constexpr int trial_seconds = 300;
/// After a panic; so that it can be read.
constexpr int panic_seconds = 30;

const Extents& root_image(const FormatInput& input, std::vector<ComponentResult>& results) {
    return input.shared.part("verified root", [&] {
        Segment segment = make_tree_image(input, {.format = root_format}, results);
        uint64_t size = segment.facts.size;
        Extents image;
        image.add_file(input.shared.hold(std::move(segment.file)), 0, size);
        return image;
    });
}

/// True for "KEY=..." among the words of a kernel command line.
bool sets(const std::string& line, const std::string& key) {
    return std::ranges::any_of(split(line, ' '),
                               [&](const auto& word) { return word.starts_with(key + "="); });
}

std::string command_line(const FormatInput& input, const std::string& root_hash) {
    std::string line = input.rootfs.kernel()->cmdline();
    // A boot that the boot loader counts has to end.
    std::string trial;
    if (input.disk.two_slots && !sets(line, "coracle.trial"))
        trial += fmt::format(" coracle.trial={}", trial_seconds);
    if (input.disk.two_slots && !sets(line, "panic"))
        trial += fmt::format(" panic={}", panic_seconds);
    line += fmt::format("{}roothash={} rootfstype={}", line.empty() ? "" : " ", root_hash,
                        name_of(root_format));
    if (input.disk.var_size > 0)
        line += " coracle.var";
    return line + trial;
}

} // namespace

VerityRoot make_verity_root(const FormatInput& input, std::vector<ComponentResult>& results) {
    const Extents* initrd = root_initrd(input);
    if (initrd == nullptr)
        throw Error("none of the init images brings Coracle's /init, which opens the verified root")
            .hint("\"@pkg:init\" among the 'init:' images");
    const Extents& image = root_image(input, results);
    const VerityTree& tree = input.shared.part("verified root", [&] {
        return make_verity_tree(image, system_identity(input), input.pool);
    });
    const Extents& uki = input.shared.part("uki of the verified root", [&] {
        return make_uki(input, command_line(input, tree.root_hash), *initrd);
    });
    return {image, tree.hashes, tree.root_hash, uki};
}

std::string system_version(const FormatInput& input) {
    return input.disk.version.empty() ? "1" : input.disk.version;
}

void check_version(std::string_view version) {
    bool good = !version.empty() && version.size() <= longest_version &&
                std::ranges::all_of(version, [](unsigned char c) {
                    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '~' || c == '^';
                });
    if (!good)
        throw UsageError("'{}' is no version", version)
            .hint(fmt::format("at most {} letters, digits, '.', '-', '~' and '^': 1.2",
                              longest_version));
}

} // namespace coracle
