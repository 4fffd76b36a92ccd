// SPDX-License-Identifier: Apache-2.0
#include "cli/signing_key.h"

#include <cstdlib>

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"

namespace coracle {

namespace {

constexpr uint64_t max_key = 64 << 10;
constexpr size_t max_password = 4096;

/// A terminal that shows nothing of what is typed.
class Hidden {
public:
    explicit Hidden(int terminal) : terminal_(terminal) {
        ::tcgetattr(terminal_, &before_);
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(terminal_, TCSAFLUSH, &quiet);
    }
    ~Hidden() { ::tcsetattr(terminal_, TCSAFLUSH, &before_); }
    Hidden(const Hidden&) = delete;
    Hidden& operator=(const Hidden&) = delete;

private:
    int terminal_;
    termios before_{};
};

std::string ask_for_password(const std::string& path) {
    Fd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
    if (!terminal)
        throw Error("key '{}' is encrypted, and there is no terminal to ask for its password", path)
            .hint("COSIGN_PASSWORD=...");
    Hidden hidden(terminal.get());
    write_all(terminal.get(), fmt::format("password of key '{}': ", path), "the terminal");
    std::string password;
    char c = 0;
    while (password.size() < max_password && ::read(terminal.get(), &c, 1) == 1 && c != '\n')
        password += c;
    write_all(terminal.get(), "\n", "the terminal");
    return password;
}

} // namespace

PrivateKey read_signing_key(const std::string& path) {
    return PrivateKey::parse(read_file(path, max_key), fmt::format("key '{}'", path), [&] {
        const char* password = std::getenv("COSIGN_PASSWORD");
        return password != nullptr ? std::string(password) : ask_for_password(path);
    });
}

} // namespace coracle
