// SPDX-License-Identifier: Apache-2.0
#include <zstd.h>

#include <vector>

#include "base/error.h"
#include "io/codecs.h"

namespace coracle {

namespace {

constexpr int max_window_log = 27;

class Unzstd : public Source {
public:
    explicit Unzstd(Source& inner)
        : inner_(inner), input_(ZSTD_DStreamInSize()), context_(ZSTD_createDCtx()) {
        ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, max_window_log);
    }
    ~Unzstd() override { ZSTD_freeDCtx(context_); }

    size_t read(std::span<char> buffer) override {
        ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
        while (out.pos == 0) {
            if (in_.pos == in_.size && !drained_) {
                in_ = {input_.data(), inner_.read(input_), 0};
                drained_ = in_.size == 0;
            }
            if (drained_ && !within_frame_ && begun_)
                return 0;
            size_t status = ZSTD_decompressStream(context_, &out, &in_);
            if (ZSTD_isError(status) != 0)
                throw Error("the zstd stream is damaged: {}", ZSTD_getErrorName(status));
            within_frame_ = status != 0;
            begun_ = true;
            if (drained_ && within_frame_ && out.pos == 0)
                throw Error("the zstd stream is truncated");
        }
        return out.pos;
    }

private:
    Source& inner_;
    std::vector<char> input_;
    ZSTD_DCtx* context_;
    ZSTD_inBuffer in_{nullptr, 0, 0};
    bool within_frame_ = false;
    bool begun_ = false; ///< an empty file is no frame
    bool drained_ = false;
};

class Zstd : public Sink {
public:
    Zstd(Sink& inner, int level) : inner_(inner), output_(ZSTD_CStreamOutSize()) {
        if (level < 0 || level > ZSTD_maxCLevel())
            throw Error("zstd has no level {}", level)
                .hint(fmt::format("a level from 1 to {}", ZSTD_maxCLevel()));
        context_ = ZSTD_createCCtx();
        ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level == 0 ? 3 : level);
        ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
    }
    ~Zstd() override { ZSTD_freeCCtx(context_); }

    void write(std::string_view data) override { pump(data, ZSTD_e_continue); }
    void finish() override {
        pump({}, ZSTD_e_end);
        inner_.finish();
    }

private:
    void pump(std::string_view data, ZSTD_EndDirective directive) {
        ZSTD_inBuffer in{data.data(), data.size(), 0};
        size_t left = 0;
        do {
            ZSTD_outBuffer out{output_.data(), output_.size(), 0};
            left = ZSTD_compressStream2(context_, &out, &in, directive);
            if (ZSTD_isError(left) != 0)
                throw Error("zstd fails: {}", ZSTD_getErrorName(left));
            inner_.write({output_.data(), out.pos});
        } while (directive == ZSTD_e_end ? left != 0 : in.pos < in.size);
    }

    Sink& inner_;
    std::vector<char> output_;
    ZSTD_CCtx* context_ = nullptr;
};

} // namespace

std::unique_ptr<Source> make_unzstd(Source& source) { return std::make_unique<Unzstd>(source); }

std::unique_ptr<Sink> make_zstd(Sink& sink, int level) {
    return std::make_unique<Zstd>(sink, level);
}

std::string zstd_version() { return fmt::format("zstd {}", ZSTD_versionString()); }

} // namespace coracle
