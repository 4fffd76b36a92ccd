// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "archive/entry.h"
#include "io/compress.h"

namespace coracle {

/// How a component becomes bytes that can stand beside those of other components.
struct Encoding {
    enum class Archive { tar, cpio };
    Archive archive = Archive::tar;
    Compression compression = Compression::none;
    int level = 0; ///< 0: the compression's default

    /// "cpio+zstd:3": part of a segment's name in the cache.
    std::string name() const;
};

/// Writes entries as a segment of the archive, uncompressed. `key` is the component's.
std::unique_ptr<EntrySink> make_archive_writer(Encoding::Archive archive, const std::string& key,
                                               Sink& sink);

/// The bytes that end an archive after its last segment.
std::string archive_end(const Encoding& encoding);

} // namespace coracle
