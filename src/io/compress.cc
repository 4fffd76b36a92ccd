// SPDX-License-Identifier: Apache-2.0
#include "io/compress.h"

#include "base/error.h"
#include "base/limit_error.h"
#include "io/codecs.h"

namespace coracle {

namespace {

struct Name {
    Compression compression;
    std::string_view name;
};
constexpr Name names[] = {{Compression::none, "none"},
                          {Compression::gzip, "gzip"},
                          {Compression::zstd, "zstd"},
                          {Compression::xz, "xz"}};

class PlainSource : public Source {
public:
    explicit PlainSource(Source& inner) : inner_(inner) {}
    size_t read(std::span<char> buffer) override { return inner_.read(buffer); }

private:
    Source& inner_;
};

class PlainSink : public Sink {
public:
    explicit PlainSink(Sink& inner) : inner_(inner) {}
    void write(std::string_view data) override { inner_.write(data); }
    void write_file(int fd, uint64_t offset, uint64_t size) override {
        inner_.write_file(fd, offset, size);
    }
    void finish() override { inner_.finish(); }

private:
    Sink& inner_;
};

} // namespace

std::string_view name_of(Compression compression) {
    return names[static_cast<size_t>(compression)].name;
}

std::optional<Compression> compression_named(std::string_view name) {
    for (const auto& entry : names)
        if (entry.name == name)
            return entry.compression;
    return std::nullopt;
}

Compression detect_compression(std::string_view head) {
    using namespace std::string_view_literals;
    if (head.starts_with("\x1f\x8b"sv))
        return Compression::gzip;
    if (head.starts_with("\x28\xb5\x2f\xfd"sv))
        return Compression::zstd;
    if (head.starts_with("\xfd"
                         "7zXZ\0"sv))
        return Compression::xz;
    return Compression::none;
}

std::unique_ptr<Source> make_decompressor(Source& source, Compression compression) {
    switch (compression) {
    case Compression::gzip: return make_gunzip(source);
    case Compression::zstd: return make_unzstd(source);
    case Compression::xz: return make_unxz(source);
    case Compression::none: break;
    }
    return std::make_unique<PlainSource>(source);
}

std::unique_ptr<Sink> make_compressor(Sink& sink, Compression compression, int level) {
    switch (compression) {
    case Compression::gzip: return make_gzip(sink, level);
    case Compression::zstd: return make_zstd(sink, level);
    case Compression::xz: return make_xz(sink, level);
    case Compression::none: break;
    }
    return std::make_unique<PlainSink>(sink);
}

size_t LimitedSource::read(std::span<char> buffer) {
    size_t count = inner_.read(buffer);
    count_ += count;
    if (count_ <= limit_)
        return count;
    auto message = fmt::format("{} unpacks to more than {} bytes", what_, limit_);
    if (name_.empty())
        throw Error(std::move(message));
    throw LimitError(name_, std::move(message));
}

std::string codec_versions() {
    return fmt::format("{}, {}, {}", gzip_version(), zstd_version(), xz_version());
}

} // namespace coracle
