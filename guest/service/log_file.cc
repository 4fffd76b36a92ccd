// SPDX-License-Identifier: Apache-2.0
#include "service/log_file.h"

#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

namespace coracle::guest {

LogFile::LogFile(std::string path, uint64_t limit) : path_(std::move(path)), limit_(limit) {}

void LogFile::open() {
    fd_ = open_fd(path_, O_WRONLY | O_CREAT | O_APPEND);
    struct stat status{};
    size_ = ::fstat(fd_.get(), &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
}

void LogFile::write(std::string_view text) noexcept {
    try {
        remember(text);
        if (!fd_)
            open();
        if (size_ > 0 && size_ + text.size() > limit_) {
            ::rename(path_.c_str(), (path_ + ".1").c_str());
            open();
        }
        write_all(fd_.get(), text, path_);
        size_ += text.size();
    } catch (const std::exception&) {
        fd_.reset(); // a full disk must not stop the service; perhaps there is room later
    }
}

void LogFile::remember(std::string_view text) {
    constexpr size_t longest = 200;
    while (!text.empty()) {
        auto end = text.find('\n');
        auto part = text.substr(0, end);
        current_line_ += part.substr(0, longest - std::min(longest, current_line_.size()));
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        if (end == text.npos)
            return;
        if (!current_line_.empty())
            last_line_ = std::exchange(current_line_, "");
    }
}

} // namespace coracle::guest
