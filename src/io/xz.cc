// SPDX-License-Identifier: Apache-2.0
#include <lzma.h>

#include <vector>

#include "base/error.h"
#include "io/codecs.h"

namespace coracle {

namespace {

constexpr size_t chunk = 64 << 10;
constexpr uint64_t memory_limit = 256 << 20;

uint8_t* bytes_of(const char* data) { return reinterpret_cast<uint8_t*>(const_cast<char*>(data)); }

class Unxz : public Source {
public:
    explicit Unxz(Source& inner) : inner_(inner), input_(chunk) {
        if (::lzma_stream_decoder(&stream_, memory_limit, LZMA_CONCATENATED) != LZMA_OK)
            throw Error("liblzma does not start");
    }
    ~Unxz() override { ::lzma_end(&stream_); }

    size_t read(std::span<char> buffer) override {
        stream_.next_out = bytes_of(buffer.data());
        stream_.avail_out = buffer.size();
        while (!ended_ && stream_.avail_out == buffer.size()) {
            if (stream_.avail_in == 0 && !drained_) {
                stream_.avail_in = inner_.read(input_);
                stream_.next_in = bytes_of(input_.data());
                drained_ = stream_.avail_in == 0;
            }
            lzma_ret status = ::lzma_code(&stream_, drained_ ? LZMA_FINISH : LZMA_RUN);
            if (status == LZMA_STREAM_END)
                ended_ = true;
            else if (status == LZMA_MEMLIMIT_ERROR)
                throw Error("the xz stream needs more than {} bytes of memory", memory_limit);
            else if (status == LZMA_BUF_ERROR)
                throw Error("the xz stream is truncated");
            else if (status != LZMA_OK)
                throw Error("the xz stream is damaged");
        }
        return buffer.size() - stream_.avail_out;
    }

private:
    Source& inner_;
    std::vector<char> input_;
    lzma_stream stream_ = LZMA_STREAM_INIT;
    bool drained_ = false;
    bool ended_ = false;
};

class Xz : public Sink {
public:
    Xz(Sink& inner, int level) : inner_(inner), output_(chunk) {
        if (level < 0 || level > 9 ||
            ::lzma_easy_encoder(&stream_, level == 0 ? 6 : static_cast<uint32_t>(level),
                                LZMA_CHECK_CRC32) != LZMA_OK)
            throw Error("xz has no level {}", level).hint("a level from 1 to 9");
    }
    ~Xz() override { ::lzma_end(&stream_); }

    void write(std::string_view data) override {
        stream_.next_in = bytes_of(data.data());
        stream_.avail_in = data.size();
        while (stream_.avail_in > 0)
            step(LZMA_RUN);
    }
    void finish() override {
        while (!step(LZMA_FINISH)) {
        }
        inner_.finish();
    }

private:
    bool step(lzma_action action) {
        stream_.next_out = bytes_of(output_.data());
        stream_.avail_out = output_.size();
        lzma_ret status = ::lzma_code(&stream_, action);
        if (status != LZMA_OK && status != LZMA_STREAM_END)
            throw Error("liblzma fails with code {}", static_cast<int>(status));
        inner_.write({output_.data(), output_.size() - stream_.avail_out});
        return status == LZMA_STREAM_END;
    }

    Sink& inner_;
    std::vector<char> output_;
    lzma_stream stream_ = LZMA_STREAM_INIT;
};

} // namespace

std::unique_ptr<Source> make_unxz(Source& source) { return std::make_unique<Unxz>(source); }

std::unique_ptr<Sink> make_xz(Sink& sink, int level) { return std::make_unique<Xz>(sink, level); }

std::string xz_version() { return fmt::format("xz {}", lzma_version_string()); }

} // namespace coracle
