// SPDX-License-Identifier: Apache-2.0
#include "service/onboot.h"

#include <algorithm>
#include <cctype>
#include <cerrno>

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "common/console.h"
#include "common/directory.h"
#include "common/monotonic.h"
#include "common/spawn.h"
#include "service/log_file.h"
#include "service/pid_file.h"
#include "service/pipe.h"
#include "service/prepare.h"

namespace coracle::guest {

namespace {

int wait_for(pid_t process) {
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    return exit_status(status);
}

/// One container from its preparation to its clean-up.
class Run {
public:
    Run(const std::string& bundle, const std::string& id, const std::string& log,
        const OciRuntime& runtime)
        : bundle_(bundle), id_(id), log_(log), runtime_(runtime) {}

    void execute() {
        config_ = read_runtime_config(bundle_);
        try {
            prepare_bundle(bundle_, config_, false);
            begin();
            finish();
        } catch (...) {
            clean_bundle(bundle_, config_);
            throw;
        }
        clean_bundle(bundle_, config_);
    }

    bool optional() const { return config_.optional; }

private:
    void begin() {
        if (config_.interfaces.empty() && config_.bind_namespaces.empty()) {
            process_ = call(runtime_.run(id_, bundle_));
            pipe_.write.reset();
            return;
        }
        std::string pid_file = "/run/" + id_ + ".pid";
        created_ = true;
        if (int status = wait_for(call(runtime_.create(id_, bundle_, pid_file))); status != 0)
            fail(status);
        process_ = take_pid_file(pid_file);
        prepare_process(process_, config_);
        if (int status = wait_for(call(runtime_.start(id_))); status != 0)
            fail(status);
        pipe_.write.reset();
    }

    void finish() {
        bool ended = pump();
        if (!ended)
            remove();
        int status = wait_for(process_);
        copy_output();
        if (created_ && ended)
            remove();
        if (!ended)
            throw Error("did not end within {} s", *config_.timeout);
        if (status != 0)
            throw Error("failed with status {}", status);
    }

    [[noreturn]] void fail(int status) {
        copy_output();
        remove();
        throw Error("failed with status {}", status);
    }

    pid_t call(Words words) {
        return spawn({.argv = std::move(words),
                      .input = null_.get(),
                      .output = pipe_.write.get(),
                      .error = pipe_.write.get()});
    }

    void remove() { wait_for(spawn({.argv = runtime_.remove(id_), .input = null_.get()})); }

    /// Copies output until the process has ended; false when the time was up before.
    bool pump() {
        Fd process(static_cast<int>(::syscall(SYS_pidfd_open, process_, 0)));
        const int64_t end = monotonic_ms() + int64_t{config_.timeout.value_or(0)} * 1000;
        pollfd waits[2] = {{pipe_.read.get(), POLLIN, 0}, {process.get(), POLLIN, 0}};
        while (waits[1].revents == 0) {
            int64_t rest = config_.timeout ? std::max<int64_t>(end - monotonic_ms(), 0) : -1;
            int count = ::poll(waits, 2, static_cast<int>(rest));
            if (count == 0)
                return false;
            if (count > 0 && waits[0].revents != 0 && !copy_output())
                waits[0].fd = -1;
        }
        return true;
    }

    /// Copies what is there; false at the end of all output.
    bool copy_output() {
        char buffer[16384];
        ssize_t count;
        while ((count = ::read(pipe_.read.get(), buffer, sizeof buffer)) > 0) {
            std::string_view text(buffer, static_cast<size_t>(count));
            [[maybe_unused]] auto shown = ::write(STDOUT_FILENO, text.data(), text.size());
            log_.write(text);
        }
        return count != 0;
    }

    const std::string& bundle_;
    const std::string& id_;
    LogFile log_;
    const OciRuntime& runtime_;
    RuntimeConfig config_;
    Pipe pipe_;
    Fd null_ = open_fd("/dev/null", O_RDWR);
    pid_t process_ = -1;
    bool created_ = false; ///< by create, so that it is ours to delete
};

} // namespace

std::string plain_name(const std::string& name) {
    constexpr size_t digits = 3;
    bool numbered = name.size() > digits + 1 && name[digits] == '-' &&
                    std::all_of(name.begin(), name.begin() + digits,
                                [](unsigned char c) { return std::isdigit(c) != 0; });
    return numbered ? name.substr(digits + 1) : name;
}

bool run_in_order(const std::string& directory, const std::string& logs, const OciRuntime& runtime,
                  const std::string& kind) {
    bool good = true;
    make_path(logs);
    for (const auto& id : names_in(directory)) {
        std::string bundle = directory + "/" + id;
        Run run(bundle, id, logs + "/" + id + ".log", runtime);
        try {
            run.execute();
        } catch (const Error& error) {
            if (run.optional()) {
                say("{} '{}' {} (it is optional)", kind, plain_name(id), error.message());
            } else {
                complain("{} '{}' {}", kind, plain_name(id), error.message());
                good = false;
            }
        }
    }
    return good;
}

} // namespace coracle::guest
