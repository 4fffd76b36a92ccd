// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include <sys/types.h>

#include "base/fd.h"
#include "service/backoff.h"
#include "service/control.h"
#include "service/log_file.h"
#include "service/runtime_config.h"
#include "service/service_runtime.h"

namespace coracle::guest {

enum class State {
    waiting,  ///< for services that come before it
    starting, ///< the OCI runtime is at work
    running,
    stopping, ///< its process was told to end
    cleaning, ///< its process has ended and its container is being deleted
    resting,  ///< until it is started again
    stopped,  ///< because somebody asked for it
    ended,    ///< by itself, and `restart` leaves it so
    failed,   ///< it cannot be started
};

const char* state_name(State state);

/// What all services share.
struct ServiceSettings {
    std::string directory = "/containers/services";
    std::string logs = "/var/log";
    std::string run = "/run"; ///< for process numbers
    std::string control = control_path;
    int64_t steady_ms = 10'000; ///< after which a service that runs is steady
    bool console = false;       ///< output to the console instead of a log
};

/// One supervised service: a state machine that is driven by the ends of its processes (those of
/// the OCI runtime and of the container), by requests, and by time. Nothing it does waits.
class Service {
public:
    Service(std::string name, const ServiceRuntime& runtime, const ServiceSettings& settings);
    Service(Service&&) = delete;

    const std::string& name() const { return name_; }
    State state() const { return state_; }
    const RuntimeConfig& config() const { return config_; }
    pid_t process() const { return process_; }
    int restarts() const { return restarts_; }
    /// Since when it runs, on the monotonic clock; 0 when it does not.
    int64_t since() const { return state_ == State::running ? since_ : 0; }
    /// True when it has run for some time, or is not to run.
    bool steady(int64_t now) const;
    /// True when it is not steady and nothing is done about it.
    bool lost_for_good() const;
    /// Why it is not running, or "".
    const std::string& trouble() const { return trouble_; }

    void start();   ///< unless it runs
    void stop();    ///< and leave it so
    void restart(); ///< stop and start, or start

    /// Tells it the end of a child; false when it is none of its own.
    bool child_ended(pid_t child, int wait_status);
    /// When it wants tick() to be called.
    std::optional<int64_t> deadline() const;
    void tick(int64_t now);
    /// Its output to poll, or -1.
    int output() const { return output_.get(); }
    void copy_output();
    /// Becomes readable when the container's process has ended; or -1.
    int end() const { return end_.get(); }
    /// True when the process ended, and was reaped, before it could be watched.
    bool lost() const { return process_ > 0 && !end_; }
    /// To be called then.
    void process_gone();

private:
    enum class Step { none, create, start, remove };

    void begin();
    void open_outputs();
    void open_fifo();
    void call(Step step, Words words);
    void run_removal();
    void removal_ended();
    Container container() const;
    void step_ended(Step step, int status);
    void created();
    void now_running();
    void process_ended(int status);
    void end_process();
    void clean_up();
    void cleaned_up();
    void give_up(const std::string& why);
    void rest();
    std::string last_words() const;
    std::string pid_file() const;
    std::string fifo() const;

    std::string name_;
    std::string bundle_;
    const ServiceRuntime& runtime_;
    const ServiceSettings& settings_;
    RuntimeConfig config_;
    LogFile log_;
    Backoff backoff_;

    State state_ = State::waiting;
    bool wanted_ = true;
    bool prepared_ = false;     ///< once: mounts outside the bundle are there
    bool start_failed_ = false; ///< the runtime could not create or start it
    bool again_ = false;        ///< start at once after the clean-up
    Step step_ = Step::none;
    Words start_;               ///< the command that follows the creation
    std::deque<Words> removal_; ///< the commands that are left
    pid_t helper_ = -1;         ///< a running OCI runtime
    pid_t process_ = -1;        ///< the container's
    int status_ = 0;            ///< with which the container ended last
    int restarts_ = 0;
    int64_t since_ = 0;
    std::optional<int64_t> deadline_;
    std::string trouble_;
    Fd output_, stdout_, stderr_, null_, end_, external_;
    Fd removal_output_; ///< what a command of the removal says
};

} // namespace coracle::guest
