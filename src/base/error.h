// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace coracle {

/// The one exception family. A message is a plain cause in lower case without a full stop; frames
/// say what was being done, innermost first ("while reading layer 2 of redis:8"); a hint says what
/// to try.
class Error : public std::exception {
public:
    explicit Error(std::string message);
    template <class First, class... Rest>
    Error(fmt::format_string<First, Rest...> format, First&& first, Rest&&... rest)
        : Error(fmt::format(format, std::forward<First>(first), std::forward<Rest>(rest)...)) {}

    /// "cannot WHAT: TEXT OF ERRNO". Takes errno as it was when the call failed.
    static Error system(int error_number, std::string_view what);

    Error& frame(std::string text) &;
    Error&& frame(std::string text) &&;
    /// At most one hint is kept: the first, which was closest to the cause.
    Error& hint(std::string text) &;
    Error&& hint(std::string text) &&;

    const std::string& message() const { return message_; }
    const std::vector<std::string>& frames() const { return frames_; }
    const std::string& hint() const { return hint_; }
    /// Message, one indented line per frame, and the hint.
    const char* what() const noexcept override { return text_.c_str(); }

private:
    void compose();

    std::string message_;
    std::vector<std::string> frames_;
    std::string hint_;
    std::string text_;
};

/// A kind of Error that stays of its kind in `throw Kind(...).hint(...)`.
template <class Kind>
class ErrorOfKind : public Error {
public:
    using Error::Error;
    using Error::hint;
    Kind&& hint(std::string text) && {
        Error::hint(std::move(text));
        return static_cast<Kind&&>(*this);
    }
    Kind&& frame(std::string text) && {
        Error::frame(std::move(text));
        return static_cast<Kind&&>(*this);
    }
    using Error::frame;
};

/// The command line was wrong: exit status 2.
class UsageError : public ErrorOfKind<UsageError> {
public:
    using ErrorOfKind::ErrorOfKind;
};

/// Errors whose text is already complete (one or more `file:line:column: error: ...` blocks), so
/// that nothing is put before it.
class Diagnostics : public ErrorOfKind<Diagnostics> {
public:
    using ErrorOfKind::ErrorOfKind;
};

/// Runs `body`; an Error that leaves it gets the frame that `describe()` makes.
template <class Describe, class Body>
decltype(auto) within(Describe&& describe, Body&& body) {
    try {
        return std::forward<Body>(body)();
    } catch (Error& error) {
        error.frame(std::forward<Describe>(describe)());
        throw;
    }
}

} // namespace coracle
