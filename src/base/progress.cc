// SPDX-License-Identifier: Apache-2.0
#include "base/progress.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/guarded.h"
#include "base/text.h"

namespace coracle {

namespace {

using Clock = std::chrono::steady_clock;

struct Running {
    uint64_t id;
    std::string title;
    uint64_t total;
    uint64_t done = 0;
    Clock::time_point began = Clock::now();
};

struct State {
    std::vector<Running> tasks;
    std::vector<std::string> finished; ///< listed tasks, as long as others run
    std::set<std::string, std::less<>> warned;
    uint64_t next = 1;
    size_t drawn = 0; ///< lines of the block now on the terminal
    Clock::time_point refreshed;
};

/// How many bytes of a line fit the terminal; a line that wraps could not be erased.
size_t terminal_width() {
    struct winsize size{};
    bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20;
    return known ? size.ws_col - 1U : 79;
}

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

/// Shows what is under way as a block below the lines already printed; without a terminal, tasks
/// are one line each when they end.
class TextReporter : public Reporter {
public:
    TextReporter(Verbosity verbosity, bool terminal) : verbosity_(verbosity), terminal_(terminal) {}
    ~TextReporter() override {
        state_.with([&](State& state) { erase(state); });
    }

    void info(std::string_view text) override {
        if (verbosity_ >= Verbosity::normal)
            line(text);
    }
    void verbose(std::string_view text) override {
        if (verbosity_ >= Verbosity::verbose)
            line(text);
    }
    void warning(std::string_view text) override {
        state_.with([&](State& state) {
            if (!state.warned.emplace(text).second)
                return;
            erase(state);
            // About a YAML file: "FILE:3:1: warning: ..." says all.
            bool whole = text.substr(0, text.find('\n')).find(": warning: ") != text.npos;
            print(fmt::format("{}{}\n", whole ? "" : "warning: ", printable(text)));
            draw(state);
        });
    }

    uint64_t begin(std::string_view title, uint64_t total) override {
        return state_.with([&](State& state) {
            state.tasks.push_back({state.next, printable(title), total});
            erase(state);
            draw(state);
            return state.next++;
        });
    }
    void advance(uint64_t task, uint64_t amount) override {
        state_.with([&](State& state) {
            auto found = std::ranges::find(state.tasks, task, &Running::id);
            if (found == state.tasks.end())
                return;
            found->done += amount;
            if (Clock::now() - state.refreshed > std::chrono::milliseconds(100)) {
                erase(state);
                draw(state);
            }
        });
    }
    void end(uint64_t task, std::string_view result) override {
        state_.with([&](State& state) {
            auto found = std::ranges::find(state.tasks, task, &Running::id);
            if (found == state.tasks.end())
                return;
            erase(state);
            std::chrono::duration<double> took = Clock::now() - found->began;
            if (verbosity_ >= Verbosity::normal)
                print(fmt::format("{}{}{} ({:.1f} s)\n", found->title, result.empty() ? "" : ": ",
                                  printable(result), took.count()));
            state.tasks.erase(found);
            draw(state);
        });
    }
    void end_listed(uint64_t task, std::string_view result, bool news) override {
        state_.with([&](State& state) {
            auto found = std::ranges::find(state.tasks, task, &Running::id);
            if (found == state.tasks.end())
                return;
            erase(state);
            std::chrono::duration<double> took = Clock::now() - found->began;
            std::string title = std::move(found->title);
            state.tasks.erase(found);
            bool tell = verbosity_ >= Verbosity::verbose ||
                        (news && !terminal_ && verbosity_ == Verbosity::normal);
            if (tell && !result.empty())
                print(fmt::format("{}: {} ({:.1f} s)\n", title, printable(result), took.count()));
            else if (terminal_ && !result.empty())
                state.finished.push_back(
                    fmt::format("{} ({:.1f} s)  {}", printable(result), took.count(), title));
            draw(state);
        });
    }

private:
    void line(std::string_view text) {
        state_.with([&](State& state) {
            erase(state);
            if (state.tasks.empty())
                state.finished.clear();
            print(fmt::format("{}\n", printable(text)));
            draw(state);
        });
    }

    void erase(State& state) {
        for (; state.drawn > 0; --state.drawn)
            print("\x1b[1A\x1b[2K");
    }

    void draw(State& state) {
        if (!terminal_ || verbosity_ == Verbosity::quiet)
            return;
        state.refreshed = Clock::now();
        constexpr size_t most = 8;
        size_t width = terminal_width();
        size_t running = std::min(state.tasks.size(), most);
        size_t first = state.finished.size() - std::min(state.finished.size(), most - running);
        for (size_t i = first; i < state.finished.size(); ++i) {
            print(fmt::format("  {}\n", state.finished[i].substr(0, width - 2)));
            ++state.drawn;
        }
        for (const auto& task : state.tasks) {
            if (running-- == 0)
                break;
            std::string amount;
            if (task.total > 0)
                amount = fmt::format(" {} of {}", human_size(task.done), human_size(task.total));
            else if (task.done > 0)
                amount = fmt::format(" {}", human_size(task.done));
            size_t room = std::max<size_t>(width - std::min(width, amount.size() + 6), 8);
            print(fmt::format("  {}{} ...\n", task.title.substr(0, room), amount));
            ++state.drawn;
        }
    }

    Verbosity verbosity_;
    bool terminal_;
    Guarded<State> state_;
};

class SilentReporter : public Reporter {
public:
    void info(std::string_view) override {}
    void verbose(std::string_view) override {}
    void warning(std::string_view) override {}
    uint64_t begin(std::string_view, uint64_t) override { return 0; }
    void advance(uint64_t, uint64_t) override {}
    void end(uint64_t, std::string_view) override {}
    void end_listed(uint64_t, std::string_view, bool) override {}
};

bool is_terminal() {
    const char* term = std::getenv("TERM");
    const char* no_color = std::getenv("NO_COLOR");
    return ::isatty(STDERR_FILENO) == 1 && (no_color == nullptr || *no_color == '\0') &&
           (term == nullptr || std::string_view(term) != "dumb");
}

} // namespace

std::unique_ptr<Reporter> make_reporter(Verbosity verbosity) {
    return std::make_unique<TextReporter>(verbosity, is_terminal());
}

Reporter& silent_reporter() {
    static SilentReporter reporter;
    return reporter;
}

} // namespace coracle
