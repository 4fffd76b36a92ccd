// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include <zlib.h>

#include "base/error.h"
#include "io/codecs.h"

namespace coracle {

namespace {

constexpr size_t chunk = 64 << 10;

Bytef* bytes_of(const char* data) { return reinterpret_cast<Bytef*>(const_cast<char*>(data)); }

class Gunzip : public Source {
public:
    explicit Gunzip(Source& inner) : inner_(inner), input_(chunk) {
        if (::inflateInit2(&stream_, 15 + 16) != Z_OK)
            throw Error("zlib does not start");
    }
    ~Gunzip() override { ::inflateEnd(&stream_); }

    size_t read(std::span<char> buffer) override {
        stream_.next_out = bytes_of(buffer.data());
        stream_.avail_out = static_cast<uInt>(std::min<size_t>(buffer.size(), 1 << 30));
        uInt wanted = stream_.avail_out;
        while (!ended_ && stream_.avail_out == wanted)
            step();
        return wanted - stream_.avail_out;
    }

private:
    void step() {
        if (stream_.avail_in == 0) {
            size_t count = inner_.read(input_);
            stream_.next_in = bytes_of(input_.data());
            stream_.avail_in = static_cast<uInt>(count);
            if (count == 0) {
                if (!between_members_)
                    throw Error("the gzip stream is truncated");
                ended_ = true;
                return;
            }
        }
        if (between_members_ && members_ > 0)
            ::inflateReset(&stream_);
        between_members_ = false;
        int status = ::inflate(&stream_, Z_NO_FLUSH);
        if (status == Z_STREAM_END) {
            between_members_ = true;
            ++members_;
        } else if (status != Z_OK && status != Z_BUF_ERROR) {
            throw Error("the gzip stream is damaged{}{}",
                        members_ > 0 ? " after its first member" : "",
                        stream_.msg != nullptr ? fmt::format(": {}", stream_.msg) : "");
        }
    }

    Source& inner_;
    std::vector<char> input_;
    z_stream stream_{};
    uint64_t members_ = 0;
    bool between_members_ = false;
    bool ended_ = false;
};

class Gzip : public Sink {
public:
    Gzip(Sink& inner, int level) : inner_(inner), output_(chunk) {
        if (level < 0 || ::deflateInit2(&stream_, level == 0 ? 6 : level, Z_DEFLATED, 15 + 16, 8,
                                        Z_DEFAULT_STRATEGY) != Z_OK)
            throw Error("gzip has no level {}", level).hint("a level from 1 to 9");
    }
    ~Gzip() override { ::deflateEnd(&stream_); }

    void write(std::string_view data) override {
        while (!data.empty()) {
            auto part = data.substr(0, 1 << 30);
            stream_.next_in = bytes_of(part.data());
            stream_.avail_in = static_cast<uInt>(part.size());
            pump(Z_NO_FLUSH);
            data.remove_prefix(part.size());
        }
    }
    void finish() override {
        pump(Z_FINISH);
        inner_.finish();
    }

private:
    void pump(int flush) {
        do {
            stream_.next_out = bytes_of(output_.data());
            stream_.avail_out = static_cast<uInt>(output_.size());
            ::deflate(&stream_, flush);
            inner_.write({output_.data(), output_.size() - stream_.avail_out});
        } while (stream_.avail_out == 0);
    }

    Sink& inner_;
    std::vector<char> output_;
    z_stream stream_{};
};

} // namespace

std::unique_ptr<Source> make_gunzip(Source& source) { return std::make_unique<Gunzip>(source); }

std::unique_ptr<Sink> make_gzip(Sink& sink, int level) {
    return std::make_unique<Gzip>(sink, level);
}

} // namespace coracle
