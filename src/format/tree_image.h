// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "format/format.h"
#include "format/segment_cache.h"

namespace coracle {

/// The file systems that can hold a whole root, with owners, devices and links; all but ISO 9660
/// hold xattrs too.
enum class TreeFormat { squashfs, erofs, ext4, iso9660 };

/// "squashfs", "erofs", "ext4", "iso9660": also what the kernel's `rootfstype=` takes.
std::string_view name_of(TreeFormat format);

/// Which image is wanted.
struct TreeImageOptions {
    TreeFormat format = TreeFormat::squashfs;
    /// The directory `boot` (kernel, command line, microcode) goes in too; else the format brings
    /// these as files of their own.
    bool boot_files = false;
    /// ext4: the size of the image in bytes, which grows where the content needs more; 0 = what
    /// the content needs and some room.
    uint64_t size = 0;
};

/// The root file system as an image in a file, which is kept in the cache: asked for again, by
/// another format of this build or by a later build, it is there. The bytes depend on the
/// components and the options alone. `facts.size` is a multiple of 4096 and what is to be copied,
/// with Sink::write_file: the image has no other length. UUIDs inside are derived from the content.
Segment make_tree_image(const FormatInput& input, const TreeImageOptions& options,
                        std::vector<ComponentResult>& results);

/// The hash of all that determines the root file system of these options, in hexadecimal: from it,
/// identifiers can be derived that are unique to an image and the same in each build of it.
std::string tree_key(const Rootfs& rootfs, const TreeImageOptions& options);

} // namespace coracle
