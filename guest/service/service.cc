// SPDX-License-Identifier: Apache-2.0
#include "service/service.h"

#include <cerrno>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "common/console.h"
#include "common/monotonic.h"
#include "common/spawn.h"
#include "service/memlog.h"
#include "service/pid_file.h"
#include "service/pipe.h"
#include "service/prepare.h"
#include "service/signals.h"

namespace coracle::guest {

namespace {

constexpr int64_t grace_ms = 10000;
constexpr int unknown_status = -1;

} // namespace

const char* state_name(State state) {
    constexpr const char* names[] = {"waiting", "starting", "running", "stopping", "cleaning",
                                     "resting", "stopped",  "ended",   "failed"};
    return names[static_cast<size_t>(state)];
}

Service::Service(std::string name, const ServiceRuntime& runtime, const ServiceSettings& settings)
    : name_(std::move(name)), bundle_(settings.directory + "/" + name_), runtime_(runtime),
      settings_(settings), log_(settings.logs + "/" + name_ + ".log") {
    try {
        config_ = read_runtime_config(bundle_);
    } catch (const Error& error) {
        give_up(error.message());
    }
}

void Service::start() {
    wanted_ = true;
    if (state_ == State::stopping || state_ == State::cleaning)
        again_ = true;
    else if (state_ != State::starting && state_ != State::running)
        begin();
}

bool Service::steady(int64_t now) const {
    if (state_ == State::running)
        return now - since_ >= settings_.steady_ms;
    return state_ == State::stopped || (state_ == State::ended && status_ == 0);
}

bool Service::lost_for_good() const {
    return state_ == State::failed || (state_ == State::ended && status_ != 0);
}

void Service::stop() {
    wanted_ = again_ = false;
    if (state_ == State::running)
        end_process();
    else if (state_ != State::starting && state_ != State::stopping && state_ != State::cleaning) {
        state_ = State::stopped;
        deadline_.reset();
    }
}

void Service::restart() {
    if (state_ != State::running) {
        start();
        return;
    }
    again_ = true;
    end_process();
}

void Service::begin() {
    deadline_.reset();
    again_ = start_failed_ = false;
    trouble_.clear();
    try {
        config_ = read_runtime_config(bundle_);
    } catch (const Error& error) {
        give_up(error.message());
        return;
    }
    state_ = State::starting;
    try {
        prepare_bundle(bundle_, config_, std::exchange(prepared_, true));
        open_outputs();
        auto commands = runtime_.start(container());
        start_ = std::move(commands.start);
        call(Step::create, std::move(commands.create));
    } catch (const Error& error) {
        start_failed_ = true;
        trouble_ = error.message();
        clean_up();
    }
}

void Service::open_outputs() {
    if (!null_)
        null_ = open_fd("/dev/null", O_RDWR);
    if (settings_.console)
        return;
    if (!runtime_.gives_children()) {
        open_fifo();
    } else {
        auto out = open_external_log(name_ + ".out"), err = open_external_log(name_);
        if (out && err) {
            stdout_ = std::move(*out);
            stderr_ = std::move(*err);
            return;
        }
        Pipe pipe;
        output_ = std::move(pipe.read);
        stdout_ = std::move(pipe.write);
        stderr_.reset(::fcntl(stdout_.get(), F_DUPFD_CLOEXEC, 0));
    }
    // One log keeps the order of lines; the other name is for those who look for standard output.
    [[maybe_unused]] int made =
        ::symlink((name_ + ".log").c_str(), (settings_.logs + "/" + name_ + ".out.log").c_str());
}

/// A pipe with a name, for a runtime that opens the log itself.
void Service::open_fifo() {
    if (auto log = open_external_log(name_)) {
        external_ = std::move(*log);
        ::fcntl(external_.get(), F_SETFL, O_NONBLOCK); // a slow daemon must not stop us
    }
    ::unlink(fifo().c_str());
    if (::mkfifo(fifo().c_str(), 0600) != 0)
        throw Error::system(errno, fmt::format("make '{}'", fifo()));
    // Open for writing too: else it would end each time that no one else has it open.
    output_ = open_fd(fifo(), O_RDWR | O_NONBLOCK);
    stdout_.reset(::fcntl(output_.get(), F_DUPFD_CLOEXEC, 0));
    stderr_.reset(::fcntl(output_.get(), F_DUPFD_CLOEXEC, 0));
}

void Service::call(Step step, Words words) {
    helper_ = spawn({.argv = std::move(words),
                     .input = null_.get(),
                     .output = stdout_.get(),
                     .error = stderr_.get()});
    step_ = step;
}

bool Service::child_ended(pid_t child, int wait_status) {
    if (child == helper_) {
        helper_ = -1;
        copy_output();
        step_ended(std::exchange(step_, Step::none), exit_status(wait_status));
        return true;
    }
    if (child != process_)
        return false;
    process_ended(exit_status(wait_status));
    return true;
}

void Service::step_ended(Step step, int status) {
    if (step == Step::remove) {
        removal_ended();
    } else if (status != 0) {
        start_failed_ = true;
        trouble_ = fmt::format("the OCI runtime failed with status {}{}", status, last_words());
        clean_up();
    } else if (step == Step::start) {
        process_ > 0 ? now_running() : clean_up();
    } else {
        created();
    }
}

void Service::created() {
    try {
        process_ = take_pid_file(pid_file());
        end_.reset(static_cast<int>(::syscall(SYS_pidfd_open, process_, 0)));
        prepare_process(process_, config_);
        if (start_.empty())
            now_running();
        else
            call(Step::start, std::move(start_));
    } catch (const Error& error) {
        start_failed_ = true;
        trouble_ = error.message();
        clean_up();
    }
}

void Service::now_running() {
    state_ = State::running;
    since_ = monotonic_ms();
    stdout_.reset();
    stderr_.reset();
    if (!wanted_)
        end_process();
}

void Service::end_process() {
    state_ = State::stopping;
    // The first process of a pid namespace never sees a signal that it does not catch.
    bool listens = catches_signal(process_, SIGTERM);
    ::kill(process_, listens ? SIGTERM : SIGKILL);
    deadline_ = monotonic_ms() + grace_ms;
}

void Service::process_ended(int status) {
    process_ = -1;
    end_.reset();
    status_ = status;
    if (step_ == Step::none)
        clean_up();
}

void Service::process_gone() {
    int status = 0;
    if (::waitpid(process_, &status, WNOHANG) == process_)
        process_ended(exit_status(status));
    else
        process_ended(unknown_status);
}

void Service::clean_up() {
    state_ = State::cleaning;
    deadline_.reset();
    end_.reset();
    auto commands = runtime_.removal(container());
    removal_.assign(commands.begin(), commands.end());
    run_removal();
}

void Service::run_removal() {
    stdout_.reset();
    stderr_.reset();
    while (!removal_.empty()) {
        Words words = std::move(removal_.front());
        removal_.pop_front();
        try {
            removal_output_.reset(::memfd_create("removal", MFD_CLOEXEC));
            helper_ = spawn({.argv = std::move(words),
                             .input = null_.get(),
                             .output = removal_output_.get(),
                             .error = removal_output_.get()});
            step_ = Step::remove;
            return;
        } catch (const Error& error) {
            complain("service '{}': {}", name_, error.message());
        }
    }
    cleaned_up();
}

void Service::removal_ended() {
    char text[4096];
    ssize_t count = ::pread(removal_output_.get(), text, sizeof text, 0);
    removal_output_.reset();
    if (!runtime_.gives_children() && status_ == unknown_status)
        status_ = 0; // ctr tells any other
    if (count > 0)
        if (auto told = runtime_.told_status({text, static_cast<size_t>(count)}))
            status_ = *told;
    run_removal();
}

void Service::cleaned_up() {
    copy_output();
    output_.reset();
    external_.reset();
    process_ = -1;
    ::unlink(fifo().c_str());
    ::unlink(pid_file().c_str());
    clean_bundle(bundle_, config_);
    if (!wanted_)
        trouble_.clear();
    else if (!start_failed_)
        trouble_ = status_ == unknown_status ? "ended with a status that nobody has seen"
                                             : fmt::format("ended with status {}", status_);
    if (again_) {
        backoff_.reset();
        begin();
    } else if (!wanted_) {
        state_ = State::stopped;
    } else if (config_.restart == Restart::always ||
               (config_.restart == Restart::on_failure && (start_failed_ || status_ != 0))) {
        rest();
    } else {
        state_ = start_failed_ ? State::failed : State::ended;
        if (start_failed_ || status_ != 0)
            complain("service '{}': {}", name_, trouble_);
    }
}

void Service::rest() {
    int64_t now = monotonic_ms();
    int64_t delay = backoff_.next(start_failed_ ? 0 : now - since_);
    state_ = State::resting;
    deadline_ = now + delay;
    complain("service '{}': {}; starting it again in {}.{} s", name_, trouble_, delay / 1000,
             delay % 1000 / 100);
}

void Service::give_up(const std::string& why) {
    state_ = State::failed;
    trouble_ = why;
    complain("service '{}': {}", name_, why);
}

std::optional<int64_t> Service::deadline() const { return deadline_; }

void Service::tick(int64_t now) {
    if (!deadline_ || now < *deadline_)
        return;
    deadline_.reset();
    if (state_ == State::stopping) {
        ::kill(process_, SIGKILL);
    } else if (state_ == State::resting) {
        ++restarts_;
        begin();
    }
}

void Service::copy_output() {
    char buffer[16384];
    ssize_t count = -1;
    // A service that never stops talking must not keep the others from being served.
    for (int rounds = 0; output_ && rounds < 16; ++rounds) {
        count = ::read(output_.get(), buffer, sizeof buffer);
        if (count <= 0)
            break;
        std::string_view text(buffer, static_cast<size_t>(count));
        if (!external_ || ::write(external_.get(), text.data(), text.size()) < 0)
            log_.write(text);
    }
    if (count == 0)
        output_.reset();
}

Container Service::container() const {
    return {.name = name_,
            .bundle = bundle_,
            .config = config_,
            .pid_file = pid_file(),
            .log = settings_.console ? "/dev/console" : fifo()};
}

std::string Service::pid_file() const { return settings_.run + "/service." + name_ + ".pid"; }

std::string Service::fifo() const { return settings_.run + "/service." + name_ + ".out"; }

std::string Service::last_words() const {
    return log_.last_line().empty() ? "" : ": " + log_.last_line();
}

} // namespace coracle::guest
