// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/fd.h"

namespace coracle::guest {

// The control socket: a client sends one line, "VERB [NAME]", and reads until the end. The first
// line of the answer is "ok" or "error"; the rest is for people.

constexpr const char* control_path = "/run/service.sock";

/// Listens on the socket, for root only.
Fd listen_for_control(const std::string& path = control_path);

/// What a client was told.
struct Answer {
    bool good = false;
    std::string text;
};

/// Asks the supervisor. Throws Error("no services are supervised here: ...") when there is none.
Answer ask_supervisor(const std::string& request, const std::string& path = control_path);

/// Answers a client.
void answer(const Fd& client, bool good, const std::string& text);

} // namespace coracle::guest
