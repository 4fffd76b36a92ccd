// SPDX-License-Identifier: Apache-2.0
#include "image/spool.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "io/file_io.h"

namespace coracle {

namespace {
constexpr uint64_t most = uint64_t{2} << 30; // a larger one is unpacked twice instead
}

class SpooledSource : public Source {
public:
    SpooledSource(Spool& spool, Source& inner) : spool_(spool), inner_(inner) {}

    size_t read(std::span<char> buffer) override {
        size_t count = inner_.read(buffer);
        if (!spool_.file_)
            return count;
        spool_.complete_ = count == 0;
        try {
            if (spool_.size_ + count > most)
                throw Error("too large");
            write_all(spool_.file_.get(), {buffer.data(), count}, "spool");
            spool_.size_ += count;
        } catch (const Error&) { // a full disk, most likely
            spool_.file_.reset();
        }
        return count;
    }

private:
    Spool& spool_;
    Source& inner_;
};

std::unique_ptr<Source> Spool::keep(Source& source) {
    size_ = 0;
    complete_ = false;
    try {
        file_ = unnamed_file(directory_);
    } catch (const Error&) {
        file_.reset();
    }
    return std::make_unique<SpooledSource>(*this, source);
}

namespace {

/// A file that nobody else can change.
class OwnFileSource : public Source {
public:
    OwnFileSource(int fd, uint64_t size) : fd_(fd), left_(size) {}

    size_t read(std::span<char> buffer) override {
        FileSource here(fd_, "spool", offset_, left_);
        return advance(here.read(buffer));
    }
    std::optional<FilePlace> place() const override { return FilePlace{fd_, offset_}; }
    uint64_t pass(uint64_t count) override { return advance(std::min(count, left_)); }

private:
    template <class Count>
    Count advance(Count count) {
        offset_ += count;
        left_ -= count;
        return count;
    }

    int fd_;
    uint64_t offset_ = 0;
    uint64_t left_;
};

} // namespace

std::unique_ptr<Source> Spool::open() const {
    return std::make_unique<OwnFileSource>(file_.get(), size_);
}

} // namespace coracle
