// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/sink.h"
#include "io/source.h"

namespace coracle {

enum class Compression { none, gzip, zstd, xz };

std::string_view name_of(Compression compression);
/// "gzip" -> gzip; nullopt for an unknown name.
std::optional<Compression> compression_named(std::string_view name);
/// What the first bytes (at least 6 where there are so many) look like.
Compression detect_compression(std::string_view head);

/// Unpacks `source`, which must outlive it. Many members or frames in a row are one content; a
/// truncated stream and bytes after its end are errors. Memory is bounded: zstd windows to 128 MiB,
/// xz to 256 MiB.
std::unique_ptr<Source> make_decompressor(Source& source, Compression compression);

/// Packs what is written into `sink`, which must outlive it; its finish() ends the stream and
/// finishes `sink`. The bytes depend on the content, the level and the library alone. Level 0 is
/// the default.
std::unique_ptr<Sink> make_compressor(Sink& sink, Compression compression, int level = 0);

/// The versions of the libraries that compress, on which the bytes depend: "zlib 1.3, ...".
std::string codec_versions();

/// Ends with an error when more than `limit` bytes come out of `inner`: a guard against bombs.
class LimitedSource : public Source {
public:
    /// `what` completes "WHAT unpacks to more than N bytes"; `name`: that of the limit, where users
    /// can raise it, which makes the error a LimitError.
    LimitedSource(Source& inner, uint64_t limit, std::string_view what, std::string_view name = {})
        : inner_(inner), limit_(limit), what_(what), name_(name) {}
    size_t read(std::span<char> buffer) override;

private:
    Source& inner_;
    uint64_t limit_;
    uint64_t count_ = 0;
    std::string what_;
    std::string name_;
};

} // namespace coracle
