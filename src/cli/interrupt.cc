// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupt.h"

#include <csignal>
#include <cstdlib>
#include <thread>

#include <poll.h>
#include <unistd.h>

#include "base/file.h"

namespace coracle {

void clean_up_when_interrupted() {
    std::signal(SIGPIPE, SIG_IGN);
    static sigset_t ends;
    sigemptyset(&ends);
    for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction now{};
        ::sigaction(signal, nullptr, &now);
        if (now.sa_handler != SIG_IGN) // as nohup and shells' background jobs leave it
            sigaddset(&ends, signal);
    }
    ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    // A thread of its own may do what a signal handler may not: walk directories and remove them.
    std::thread([] {
        int signal = 0;
        if (::sigwait(&ends, &signal) != 0)
            return;
        remove_temporaries();
        die_by(signal);
    }).detach();
}

bool output_is_closed() {
    pollfd output{STDOUT_FILENO, POLLOUT, 0};
    return ::poll(&output, 1, 0) > 0 && (output.revents & POLLERR) != 0;
}

void die_by(int signal) {
    std::signal(signal, SIG_DFL);
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal);
    ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
    ::kill(::getpid(), signal);
    ::_exit(128 + signal);
}

} // namespace coracle
