// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace coracle {

/// How much a run tells: `quiet` only warnings and errors.
enum class Verbosity { quiet, normal, verbose, debug };

/// Where the tool tells a person what it does: on standard error, as a block that changes in place
/// on a terminal (not with NO_COLOR or TERM=dumb), as plain lines elsewhere. Safe to use from many
/// threads.
class Reporter {
public:
    virtual ~Reporter() = default;
    virtual void info(std::string_view text) = 0;    ///< shown unless quiet
    virtual void verbose(std::string_view text) = 0; ///< shown from `verbose` on
    virtual void warning(std::string_view text) = 0; ///< always shown, once per text

    virtual uint64_t begin(std::string_view title, uint64_t total) = 0;
    virtual void advance(uint64_t task, uint64_t amount) = 0;
    virtual void end(uint64_t task, std::string_view result) = 0;
    /// Ends one of many tasks of which a table tells when all is done. On a terminal it stays in
    /// the block for a while; elsewhere it is a line if it is news, or from `verbose` on. Nothing
    /// is said of a task without a result: it failed.
    virtual void end_listed(uint64_t task, std::string_view result, bool news) = 0;
};

/// A reporter for standard error.
std::unique_ptr<Reporter> make_reporter(Verbosity verbosity);
/// A reporter that says nothing: for tests and libraries.
Reporter& silent_reporter();

/// A piece of work that is shown while it lasts. Ends with its scope.
class Task {
public:
    /// `total` in bytes, or 0 when it is not known.
    Task(Reporter& reporter, std::string_view title, uint64_t total = 0)
        : reporter_(reporter), id_(reporter.begin(title, total)) {}
    ~Task() {
        if (listed_)
            reporter_.end_listed(id_, result_, news_);
        else
            reporter_.end(id_, result_);
    }
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;

    void advance(uint64_t bytes) { reporter_.advance(id_, bytes); }
    /// A word on how it ended, e.g. "cached" or "4.5 MiB".
    void result(std::string text) { result_ = std::move(text); }
    /// Says that a table tells of the task later, see Reporter::end_listed.
    void listed() { listed_ = true; }
    /// As result(), of a listed task. `news`: it took work.
    void result(std::string text, bool news) {
        result_ = std::move(text);
        news_ = news;
    }

private:
    Reporter& reporter_;
    uint64_t id_;
    std::string result_;
    bool listed_ = false;
    bool news_ = false;
};

} // namespace coracle
