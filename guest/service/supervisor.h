// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "service/service.h"

namespace coracle::guest {

/// The process that starts all services, keeps them running, and answers on the control socket.
class Supervisor {
public:
    /// How many services there are and how many of them were started.
    struct Count {
        size_t all = 0;
        size_t started = 0;
    };

    Supervisor(const ServiceRuntime& runtime, ServiceSettings settings);

    /// Runs until it is told to shut down and all services have ended. `ready` is called once, when
    /// every service was started or has failed.
    void run(const std::function<void(Count)>& ready);

private:
    struct Client {
        Fd fd;
        std::string request = {};   ///< what has come of it so far
        Service* service = nullptr; ///< whose change it waits for
        bool wants_running = false; ///< else: wants it stopped
        bool wants_steady = false;  ///< waits until all services are
    };

    void start_those_that_can();
    bool blocked(const Service& service) const;
    void tell_when_ready(const std::function<void(Count)>& ready);
    void wait_for_events();
    void take_signals();
    void reap();
    void accept_clients();
    void read_request(Client& client);
    void serve(Client& client);
    void answer_waiting_clients();
    void answer_if_settled(Client& client) const;
    void shut_down();
    bool all_at_rest() const;
    Service* find(std::string_view name) const;
    std::string table() const;
    int timeout() const;

    ServiceSettings settings_;
    std::vector<std::unique_ptr<Service>> services_;
    std::map<pid_t, int> unclaimed_; ///< ends of processes that no service has heard of yet
    std::vector<Client> clients_;
    Fd signals_;
    Fd control_;
    bool told_ready_ = false;
    bool shutting_down_ = false;
};

} // namespace coracle::guest
