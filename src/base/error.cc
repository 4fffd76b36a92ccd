// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <cstring>

namespace coracle {

Error::Error(std::string message) : message_(std::move(message)) { compose(); }

Error Error::system(int error_number, std::string_view what) {
    return Error("cannot {}: {}", what, std::strerror(error_number));
}

Error& Error::frame(std::string text) & {
    frames_.push_back(std::move(text));
    compose();
    return *this;
}

Error&& Error::frame(std::string text) && { return std::move(frame(std::move(text))); }

Error& Error::hint(std::string text) & {
    if (hint_.empty()) {
        hint_ = std::move(text);
        compose();
    }
    return *this;
}

Error&& Error::hint(std::string text) && { return std::move(hint(std::move(text))); }

void Error::compose() {
    text_ = message_;
    for (const auto& frame : frames_) {
        text_ += "\n  ";
        text_ += frame;
    }
    if (!hint_.empty()) {
        text_ += "\ntry: ";
        text_ += hint_;
    }
}

} // namespace coracle
