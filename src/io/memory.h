// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "io/sink.h"
#include "io/source.h"

namespace coracle {

/// Bytes in memory, which must outlive the source.
class MemorySource : public Source {
public:
    explicit MemorySource(std::string_view data = {}) : data_(data) {}
    size_t read(std::span<char> buffer) override {
        size_t count = std::min(buffer.size(), data_.size());
        if (count == 0)
            return 0; // data_ may be a null pointer
        std::memcpy(buffer.data(), data_.data(), count);
        data_.remove_prefix(count);
        return count;
    }

private:
    std::string_view data_;
};

/// Gathers what is written.
class StringSink : public Sink {
public:
    void write(std::string_view data) override { text_ += data; }
    const std::string& str() const { return text_; }
    std::string take() { return std::exchange(text_, {}); }

private:
    std::string text_;
};

/// Passes on to another sink and counts.
class CountingSink : public Sink {
public:
    explicit CountingSink(Sink& next) : next_(next) {}
    void write(std::string_view data) override {
        count_ += data.size();
        next_.write(data);
    }
    void write_file(int fd, uint64_t offset, uint64_t size) override {
        count_ += size;
        next_.write_file(fd, offset, size);
    }
    uint64_t count() const { return count_; }

private:
    Sink& next_;
    uint64_t count_ = 0;
};

} // namespace coracle
