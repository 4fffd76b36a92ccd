// SPDX-License-Identifier: Apache-2.0
#include "service/supervisor.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "common/console.h"
#include "common/directory.h"
#include "common/monotonic.h"
#include "common/words.h"
#include "service/control.h"

namespace coracle::guest {

namespace {

constexpr size_t most_clients = 64;
constexpr size_t longest_request = 512;
constexpr int64_t look_again_ms = 250; ///< whether all services are steady

Fd take_signals_by_descriptor() {
    sigset_t set;
    ::sigemptyset(&set);
    for (int signal : {SIGCHLD, SIGTERM, SIGINT})
        ::sigaddset(&set, signal);
    ::sigprocmask(SIG_SETMASK, &set, nullptr);
    Fd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd)
        throw Error::system(errno, "wait for signals");
    return fd;
}

bool on_its_way_up(State state) { return state == State::waiting || state == State::starting; }

bool at_rest(State state) {
    return state == State::stopped || state == State::ended || state == State::failed;
}

} // namespace

Supervisor::Supervisor(const ServiceRuntime& runtime, ServiceSettings settings)
    : settings_(std::move(settings)) {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    signals_ = take_signals_by_descriptor();
    control_ = listen_for_control(settings_.control);
    for (const auto& name : names_in(settings_.directory))
        services_.push_back(std::make_unique<Service>(name, runtime, settings_));
}

void Supervisor::run(const std::function<void(Count)>& ready) {
    while (!shutting_down_ || !all_at_rest()) {
        start_those_that_can();
        tell_when_ready(ready);
        wait_for_events();
        answer_waiting_clients();
    }
    for (const auto& client : clients_)
        answer(client.fd, true, "");
}

bool Supervisor::blocked(const Service& service) const {
    return std::ranges::any_of(service.config().after, [&](const auto& name) {
        const Service* other = find(name);
        return other != nullptr && other != &service && on_its_way_up(other->state());
    });
}

void Supervisor::start_those_that_can() {
    bool waiting = false, starting = false;
    for (const auto& service : services_) {
        if (service->state() == State::waiting && !blocked(*service))
            service->start();
        waiting = waiting || service->state() == State::waiting;
        starting = starting || service->state() == State::starting;
    }
    if (!waiting || starting)
        return;
    for (const auto& service : services_) {
        if (service->state() != State::waiting)
            continue;
        if (!blocked(*service))
            return start_those_that_can(); // one before it failed at once
        complain("service '{}' waits for one that waits for it; starting it now", service->name());
        return service->start();
    }
}

void Supervisor::tell_when_ready(const std::function<void(Count)>& ready) {
    if (told_ready_ || shutting_down_ || std::ranges::any_of(services_, [](const auto& service) {
            return on_its_way_up(service->state());
        }))
        return;
    told_ready_ = true;
    Count count{services_.size(), 0};
    for (const auto& service : services_)
        if (service->state() == State::running || service->state() == State::ended)
            ++count.started;
    ready(count);
}

int Supervisor::timeout() const {
    std::optional<int64_t> first;
    for (const auto& service : services_)
        if (auto deadline = service->deadline(); deadline && (!first || *deadline < *first))
            first = deadline;
    if (std::ranges::any_of(clients_, &Client::wants_steady))
        first = std::min(first.value_or(INT64_MAX), monotonic_ms() + look_again_ms);
    if (!first)
        return -1;
    return static_cast<int>(std::clamp<int64_t>(*first - monotonic_ms(), 0, 3600000));
}

void Supervisor::wait_for_events() {
    std::vector<pollfd> waits = {{signals_.get(), POLLIN, 0}, {control_.get(), POLLIN, 0}};
    for (const auto& service : services_)
        waits.insert(waits.end(), {{service->output(), POLLIN, 0}, {service->end(), POLLIN, 0}});
    for (const auto& client : clients_)
        waits.push_back({client.fd.get(), POLLIN, 0});
    if (::poll(waits.data(), waits.size(), timeout()) < 0)
        return;
    for (size_t i = 0; i < services_.size(); ++i) {
        if (waits[2 + 2 * i].revents != 0)
            services_[i]->copy_output();
        if (waits[3 + 2 * i].revents != 0)
            services_[i]->process_gone();
    }
    for (size_t i = 0; i < clients_.size(); ++i)
        if (waits[2 + 2 * services_.size() + i].revents != 0)
            read_request(clients_[i]);
    std::erase_if(clients_, [](const Client& client) { return !client.fd; });
    if (waits[0].revents != 0)
        take_signals();
    if (waits[1].revents != 0)
        accept_clients();
    int64_t now = monotonic_ms();
    for (const auto& service : services_)
        service->tick(now);
}

void Supervisor::take_signals() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info)
        if (info.ssi_signo != SIGCHLD)
            shut_down();
    reap();
}

void Supervisor::reap() {
    int status = 0;
    pid_t child;
    while ((child = ::waitpid(-1, &status, WNOHANG)) > 0)
        if (!std::ranges::any_of(services_, [&](const auto& service) {
                return service->child_ended(child, status);
            }))
            unclaimed_[child] = status;
    // A container may end before the runtime that started it has told us its number.
    for (const auto& service : services_) {
        if (auto end = unclaimed_.extract(service->process()))
            service->child_ended(end.key(), end.mapped());
        else if (service->lost())
            service->process_gone();
    }
    if (!std::ranges::any_of(services_, [](const auto& s) { return on_its_way_up(s->state()); }))
        unclaimed_.clear();
}

void Supervisor::accept_clients() {
    while (true) {
        Fd client(::accept4(control_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!client)
            return;
        if (clients_.size() < most_clients)
            clients_.push_back({.fd = std::move(client)});
    }
}

void Supervisor::read_request(Client& client) {
    char buffer[longest_request];
    ssize_t count = ::recv(client.fd.get(), buffer, sizeof buffer, 0);
    if (count <= 0) {
        client.fd.reset();
        return;
    }
    client.request.append(buffer, static_cast<size_t>(count));
    if (client.request.find('\n') != std::string::npos && client.service == nullptr &&
        !client.wants_steady)
        serve(client);
    else if (client.request.size() > longest_request)
        client.fd.reset();
}

void Supervisor::serve(Client& client) {
    auto words = words_of(std::string_view(client.request).substr(0, client.request.find('\n')));
    auto reply = [&](bool good, const std::string& text) {
        answer(client.fd, good, text);
        client.fd.reset();
    };
    std::string_view verb = words.empty() ? "" : words[0];
    if (verb == "list" && words.size() == 1)
        return reply(true, table());
    if (verb == "steady" && words.size() == 1) {
        client.wants_steady = true;
        return;
    }
    if (verb == "shutdown" && words.size() == 1) {
        shut_down(); // the client waits until all is done
        return;
    }
    if (words.size() != 2)
        return reply(false, "that is not a request");
    Service* service = find(words[1]);
    if (service == nullptr)
        return reply(false, fmt::format("there is no service '{}'", words[1]));
    if (verb == "status")
        return reply(service->state() == State::running,
                     fmt::format("{}{}{}", state_name(service->state()),
                                 service->trouble().empty() ? "" : ": ", service->trouble()));
    if (verb != "start" && verb != "stop" && verb != "restart")
        return reply(false, fmt::format("there is no command '{}'", verb));
    if (shutting_down_)
        return reply(false, "the machine is shutting down");
    client.service = service;
    client.wants_running = verb != "stop";
    verb == "start" ? service->start() : verb == "stop" ? service->stop() : service->restart();
}

void Supervisor::answer_waiting_clients() {
    for (auto& client : clients_) {
        if (client.wants_steady)
            answer_if_settled(client);
        if (client.service == nullptr)
            continue;
        State state = client.service->state();
        if (client.wants_running && state == State::running)
            answer(client.fd, true, "");
        else if (at_rest(state) || state == State::resting)
            answer(client.fd, !client.wants_running,
                   client.wants_running ? fmt::format("service '{}': {}", client.service->name(),
                                                      client.service->trouble())
                                        : "");
        else
            continue;
        client.fd.reset();
    }
    std::erase_if(clients_, [](const Client& client) { return !client.fd; });
}

void Supervisor::answer_if_settled(Client& client) const {
    int64_t now = monotonic_ms();
    auto lost = std::ranges::find_if(services_,
                                     [](const auto& service) { return service->lost_for_good(); });
    if (shutting_down_)
        answer(client.fd, false, "the machine is shutting down");
    else if (lost != services_.end())
        answer(client.fd, false,
               fmt::format("service '{}': {}", (*lost)->name(), (*lost)->trouble()));
    else if (std::ranges::all_of(services_, [&](const auto& one) { return one->steady(now); }))
        answer(client.fd, true, "");
    else
        return;
    client.fd.reset();
}

void Supervisor::shut_down() {
    shutting_down_ = true;
    for (const auto& service : services_)
        service->stop();
}

bool Supervisor::all_at_rest() const {
    return std::ranges::all_of(services_, [](const auto& s) { return at_rest(s->state()); });
}

Service* Supervisor::find(std::string_view name) const {
    auto found = std::ranges::find(services_, name, [](const auto& s) { return s->name(); });
    return found == services_.end() ? nullptr : found->get();
}

std::string Supervisor::table() const {
    size_t width = 4;
    for (const auto& service : services_)
        width = std::max(width, service->name().size());
    std::string text = fmt::format("{:<{}}  {:<8}  {:>7}  {:>8}  {:>8}\n", "NAME", width, "STATE",
                                   "PID", "UP", "RESTARTS");
    for (const auto& service : services_) {
        std::string pid = service->process() > 0 ? fmt::format("{}", service->process()) : "-";
        std::string up = service->since() > 0
                             ? fmt::format("{} s", (monotonic_ms() - service->since()) / 1000)
                             : "-";
        text += fmt::format("{:<{}}  {:<8}  {:>7}  {:>8}  {:>8}\n", service->name(), width,
                            state_name(service->state()), pid, up, service->restarts());
    }
    return text;
}

} // namespace coracle::guest
