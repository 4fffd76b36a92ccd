// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "io/source.h"

namespace coracle {

/// Looks at the first bytes of a source, as many as tell how it is compressed, and gives them back
/// before the rest.
class PeekedSource : public Source {
public:
    /// `inner` must outlive it.
    explicit PeekedSource(Source& inner) : inner_(inner) {
        std::array<char, 8> head{};
        head_.assign(head.data(), read_full(inner_, head));
    }

    /// At most 8 bytes, fewer where there are no more.
    std::string_view head() const { return head_; }

    size_t read(std::span<char> buffer) override {
        if (given_ == head_.size())
            return inner_.read(buffer);
        size_t count = head_.copy(buffer.data(), buffer.size(), given_);
        given_ += count;
        return count;
    }

private:
    Source& inner_;
    std::string head_;
    size_t given_ = 0;
};

} // namespace coracle
