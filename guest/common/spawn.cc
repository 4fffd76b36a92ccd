// SPDX-License-Identifier: Apache-2.0
#include "common/spawn.h"

#include <csignal>
#include <utility>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

namespace coracle::guest {

namespace {

struct Actions {
    Actions() { ::posix_spawn_file_actions_init(&value); }
    ~Actions() { ::posix_spawn_file_actions_destroy(&value); }
    Actions(const Actions&) = delete;
    Actions& operator=(const Actions&) = delete;
    posix_spawn_file_actions_t value;
};

struct Attributes {
    explicit Attributes(bool session) {
        ::posix_spawnattr_init(&value);
        sigset_t none, all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::posix_spawnattr_setsigmask(&value, &none);
        ::posix_spawnattr_setsigdefault(&value, &all);
        int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
        if (session)
            flags |= POSIX_SPAWN_SETSID;
        ::posix_spawnattr_setflags(&value, static_cast<short>(flags));
    }
    ~Attributes() { ::posix_spawnattr_destroy(&value); }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    posix_spawnattr_t value;
};

} // namespace

pid_t spawn(const Spawn& what) {
    std::vector<std::string> words = what.argv;
    std::vector<char*> argv;
    for (auto& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    Actions actions;
    for (auto [ours, theirs] :
         {std::pair(what.input, STDIN_FILENO), std::pair(what.output, STDOUT_FILENO),
          std::pair(what.error, STDERR_FILENO)})
        if (ours >= 0)
            ::posix_spawn_file_actions_adddup2(&actions.value, ours, theirs);
    Attributes attributes(what.session);
    pid_t child = -1;
    int cause =
        ::posix_spawn(&child, argv[0], &actions.value, &attributes.value, argv.data(), environ);
    if (cause != 0)
        throw Error::system(cause, fmt::format("run '{}'", what.argv[0]));
    return child;
}

int exit_status(int wait_status) {
    return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

} // namespace coracle::guest
