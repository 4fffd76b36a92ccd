// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"

namespace coracle {

namespace {

struct Pipe {
    Fd read;
    Fd write;
};

Pipe make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        throw Error::system(errno, "make a pipe");
    return {Fd(ends[0]), Fd(ends[1])};
}

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> list;
    for (auto& word : words)
        list.push_back(word.data());
    list.push_back(nullptr);
    return list;
}

std::vector<std::string>
environment_with(const std::vector<std::pair<std::string, std::string>>& added) {
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        std::string_view text(*entry);
        std::string_view key = text.substr(0, text.find('='));
        if (!std::ranges::any_of(added, [&](const auto& pair) { return pair.first == key; }))
            all.emplace_back(text);
    }
    for (const auto& [key, value] : added)
        all.push_back(key + "=" + value);
    return all;
}

/// Keeps SIGPIPE from this thread alone: other threads may be running programs too.
class NoSigpipe {
public:
    NoSigpipe() {
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    ~NoSigpipe() {
        if (sigismember(&before_, SIGPIPE) == 1)
            return;
        timespec at_once{};
        while (::sigtimedwait(&pipe_, nullptr, &at_once) < 0 && errno == EINTR) {
        }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    NoSigpipe(const NoSigpipe&) = delete;
    NoSigpipe& operator=(const NoSigpipe&) = delete;

private:
    sigset_t pipe_{};
    sigset_t before_{};
};

/// What the child does between fork and exec: only async-signal-safe calls.
[[noreturn]] void become(const char* program, char** argv, char** envp, const char* directory,
                         int input, int output, int error, int report) {
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    bool ready = ::dup2(input, 0) == 0 && ::dup2(output, 1) == 1 &&
                 (error < 0 || ::dup2(error, 2) == 2) &&
                 (*directory == '\0' || ::chdir(directory) == 0);
    if (ready)
        ::execve(program, argv, envp);
    int cause = errno;
    [[maybe_unused]] auto told = ::write(report, &cause, sizeof cause);
    ::_exit(127);
}

/// Feeds the child's input and gathers its outputs until it closes them.
void converse(const std::string& input, Pipe& in, Pipe& out, Pipe& err, Outcome& outcome) {
    size_t fed = 0;
    if (input.empty())
        in.write.reset();
    else
        ::fcntl(in.write.get(), F_SETFL, O_NONBLOCK);
    auto gather = [](Fd& fd, std::string& text) {
        char buffer[16384];
        size_t count = read_some(fd.get(), buffer, sizeof buffer, -1, "pipe");
        text.append(buffer, count);
        if (count == 0)
            fd.reset();
    };
    while (out.read || err.read || in.write) {
        pollfd waits[3] = {
            {in.write.get(), POLLOUT, 0}, {out.read.get(), POLLIN, 0}, {err.read.get(), POLLIN, 0}};
        if (::poll(waits, 3, -1) < 0)
            continue;
        if (waits[0].revents != 0) {
            ssize_t done = ::write(in.write.get(), input.data() + fed, input.size() - fed);
            fed += done > 0 ? static_cast<size_t>(done) : 0;
            if (fed == input.size() || (done < 0 && errno != EAGAIN && errno != EINTR))
                in.write.reset();
        }
        if (waits[1].revents != 0)
            gather(out.read, outcome.output);
        if (waits[2].revents != 0)
            gather(err.read, outcome.error);
    }
}

} // namespace

Outcome run(const Command& command) {
    auto program = find_program(command.argv.at(0));
    if (!program)
        throw Error("cannot run '{}': no such program in PATH", command.argv[0]);
    auto words = command.argv;
    auto variables = environment_with(command.env);
    auto argv = pointers(words);
    auto envp = pointers(variables);
    Pipe in = make_pipe(), out = make_pipe(), err = make_pipe(), report = make_pipe();
    pid_t child = ::fork();
    if (child < 0)
        throw Error::system(errno, fmt::format("run '{}'", command.argv[0]));
    if (child == 0)
        become(program->c_str(), argv.data(), envp.data(), command.directory.c_str(), in.read.get(),
               out.write.get(), command.capture_error ? err.write.get() : -1, report.write.get());
    in.read.reset();
    out.write.reset();
    err.write.reset();
    report.write.reset();
    Outcome outcome;
    {
        NoSigpipe guard;
        converse(command.input, in, out, err, outcome);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    int cause = 0;
    if (read_some(report.read.get(), reinterpret_cast<char*>(&cause), sizeof cause, -1, "pipe") > 0)
        throw Error::system(cause, fmt::format("run '{}'", command.argv[0]));
    outcome.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return outcome;
}

std::string run_checked(const Command& command) {
    Outcome outcome = run(command);
    if (outcome.status == 0)
        return std::move(outcome.output);
    auto lines = split(trim(outcome.error.empty() ? outcome.output : outcome.error), '\n');
    std::span<const std::string> tail(lines);
    if (tail.size() > 12)
        tail = tail.last(12);
    throw Error("'{}' failed with status {}:\n    {}", command.argv[0], outcome.status,
                join(tail, "\n    "));
}

namespace {

bool is_program(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
           ::access(path.c_str(), X_OK) == 0;
}

} // namespace

std::optional<std::string> find_program(const std::string& name) {
    if (name.find('/') != std::string::npos)
        return is_program(name) ? std::optional(name) : std::nullopt;
    const char* path = std::getenv("PATH");
    auto directories = split(path != nullptr ? path : "/usr/bin:/bin", ':');
    directories.insert(directories.end(), {"/usr/sbin", "/sbin"});
    for (const auto& directory : directories) {
        std::string candidate = directory + "/" + name;
        if (!directory.empty() && is_program(candidate))
            return candidate;
    }
    return std::nullopt;
}

} // namespace coracle
