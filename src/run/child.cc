// SPDX-License-Identifier: Apache-2.0
#include "run/child.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/process.h"

namespace coracle {

namespace {

struct Ends {
    int input;
    int error;
    int report;
    pid_t parent;
};

/// What the child does between fork and exec: only async-signal-safe calls.
[[noreturn]] void become(const char* program, char** argv, const Ends& ends) {
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    bool ready = ::getppid() == ends.parent && (ends.input < 0 || ::dup2(ends.input, 0) == 0) &&
                 (ends.error < 0 || ::dup2(ends.error, 2) == 2);
    if (ready)
        ::execv(program, argv);
    int cause = errno;
    [[maybe_unused]] auto told = ::write(ends.report, &cause, sizeof cause);
    ::_exit(127);
}

int decoded(int status) {
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace

Child::Child(const std::vector<std::string>& argv, Streams streams) {
    auto program = find_program(argv.at(0));
    if (!program)
        throw Error("cannot run '{}': no such program in PATH", argv[0]);
    auto words = argv;
    std::vector<char*> pointers;
    std::ranges::transform(words, std::back_inserter(pointers), [](auto& w) { return w.data(); });
    pointers.push_back(nullptr);
    int report[2], error[2] = {-1, -1};
    if (::pipe2(report, O_CLOEXEC) != 0 || (streams.read_error && ::pipe2(error, O_CLOEXEC) != 0))
        throw Error::system(errno, "make a pipe");
    Fd report_read(report[0]), report_write(report[1]), error_write(error[1]);
    error_.reset(error[0]);
    Fd nothing;
    if (streams.no_input)
        nothing = open_fd("/dev/null", O_RDONLY);
    Ends ends{nothing.get(), error[1], report[1], ::getpid()};
    pid_ = ::fork();
    if (pid_ < 0)
        throw Error::system(errno, fmt::format("run '{}'", argv[0]));
    if (pid_ == 0)
        become(program->c_str(), pointers.data(), ends);
    report_write.reset();
    int cause = 0;
    if (read_some(report_read.get(), reinterpret_cast<char*>(&cause), sizeof cause, -1, "pipe") >
        0) {
        wait();
        throw Error::system(cause, fmt::format("run '{}'", argv[0]));
    }
}

Child::~Child() {
    terminate();
    wait();
}

void Child::terminate() {
    if (running())
        ::kill(pid_, SIGTERM);
}

bool Child::running() {
    int status = 0;
    if (status_ < 0 && ::waitpid(pid_, &status, WNOHANG) == pid_)
        status_ = decoded(status);
    return status_ < 0;
}

int Child::wait() {
    int status = 0;
    while (status_ < 0) {
        if (::waitpid(pid_, &status, 0) == pid_)
            status_ = decoded(status);
        else if (errno != EINTR)
            status_ = 255;
    }
    return status_;
}

} // namespace coracle
