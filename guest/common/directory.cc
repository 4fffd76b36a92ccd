// SPDX-License-Identifier: Apache-2.0
#include "common/directory.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"

namespace coracle::guest {

std::vector<std::string> names_in(const std::string& directory) {
    struct Close {
        void operator()(DIR* handle) const { ::closedir(handle); }
    };
    std::vector<std::string> names;
    std::unique_ptr<DIR, Close> handle(::opendir(directory.c_str()));
    if (!handle)
        return names;
    while (const dirent* entry = ::readdir(handle.get())) {
        std::string_view name(entry->d_name);
        if (name != "." && name != "..")
            names.emplace_back(name);
    }
    std::ranges::sort(names);
    return names;
}

void make_path(const std::string& path, mode_t mode) {
    if (::mkdir(path.c_str(), mode) == 0)
        return;
    if (errno == ENOENT && path.find('/', 1) != std::string::npos) {
        make_path(path.substr(0, path.find_last_of('/')), 0755);
        if (::mkdir(path.c_str(), mode) == 0)
            return;
    }
    int cause = errno;
    if (!is_directory(path))
        throw Error::system(cause, fmt::format("make directory '{}'", path));
}

bool is_directory(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool put(const std::string& path, std::string_view text) {
    Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    return fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

} // namespace coracle::guest
