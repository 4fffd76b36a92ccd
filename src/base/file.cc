// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <set>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/guarded.h"

namespace coracle {

namespace {

/// What must not outlive this process. Never destroyed, as a signal may come while main returns.
Guarded<std::set<std::string>>& temporaries() {
    static auto& paths = *new Guarded<std::set<std::string>>();
    return paths;
}

void remember(const std::string& path) {
    temporaries().with([&](auto& paths) { paths.insert(path); });
}

void forget(const std::string& path) {
    temporaries().with([&](auto& paths) { paths.erase(path); });
}

std::string read_open_file(const Fd& fd, const std::string& path, uint64_t limit) {
    struct stat status{};
    if (::fstat(fd.get(), &status) == 0 && S_ISDIR(status.st_mode))
        throw Error("'{}' is a directory", path);
    auto size = static_cast<uint64_t>(status.st_size);
    if (size > limit)
        throw Error("'{}' is larger than {} bytes", path, limit);
    std::string content;
    content.reserve(static_cast<size_t>(size));
    char buffer[65536];
    while (size_t count = read_some(fd.get(), buffer, sizeof buffer, -1, path)) {
        if (content.size() + count > limit)
            throw Error("'{}' is larger than {} bytes", path, limit);
        content.append(buffer, count);
    }
    return content;
}

std::string parent_of(const std::string& path) {
    auto slash = path.rfind('/');
    if (slash == std::string::npos)
        return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

/// A rename would put a file in the place of /dev/null too.
void refuse_special(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode))
        return;
    throw Error("cannot write '{}': it is {}", path,
                S_ISDIR(status.st_mode) ? "a directory" : "not a regular file");
}

std::string sibling_name(const std::string& path) {
    static std::atomic<unsigned> counter{0};
    return fmt::format("{}/.coracle-{}-{}.tmp", parent_of(path), ::getpid(), counter++);
}

} // namespace

std::string read_file(const std::string& path, uint64_t limit) {
    return read_open_file(open_fd(path, O_RDONLY), path, limit);
}

std::optional<std::string> read_file_if_present(const std::string& path, uint64_t limit) {
    Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) {
        if (errno == ENOENT || errno == ENOTDIR)
            return std::nullopt;
        throw Error::system(errno, fmt::format("open '{}'", path));
    }
    return read_open_file(fd, path, limit);
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

void make_directories(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error)
        throw Error("cannot make directory '{}': {}", path, error.message());
}

AtomicFile::AtomicFile(std::string path, mode_t mode) : path_(std::move(path)) {
    refuse_special(path_);
    int fd = ::open(parent_of(path_).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
    if (fd < 0) {
        temporary_ = sibling_name(path_);
        fd = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    }
    if (fd < 0) {
        int cause = errno;
        temporary_.clear();
        throw Error::system(cause, fmt::format("write '{}'", path_));
    }
    fd_.reset(fd);
    if (!temporary_.empty())
        remember(temporary_);
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, "")),
      fd_(std::move(other.fd_)) {}

AtomicFile::~AtomicFile() {
    if (temporary_.empty())
        return;
    ::unlink(temporary_.c_str());
    forget(temporary_);
}

void AtomicFile::commit(bool durable) { commit_as(path_, durable); }

namespace {

/// Puts a file in the place of another, which is gone then; false where that cannot be done. Unlike
/// rename(2) it does not make ext4 (auto_da_alloc) write the new file to disk at once, which takes
/// longer than making it.
bool swap_in(const std::string& from, const std::string& to) {
    auto swap = [&] {
        return ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0;
    };
    if (!swap())
        return false;
    if (::unlink(from.c_str()) == 0)
        return true;
    swap();
    return false;
}

} // namespace

void AtomicFile::commit_lazily() {
    give_name();
    if (swap_in(temporary_, path_))
        close();
    else
        commit();
}

void AtomicFile::give_name() {
    if (!temporary_.empty())
        return;
    // linkat cannot replace, so the nameless file first gets a temporary name.
    std::string name = sibling_name(path_);
    std::string self = fmt::format("/proc/self/fd/{}", fd_.get());
    if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0)
        throw Error::system(errno, fmt::format("write '{}'", path_));
    temporary_ = std::move(name);
    remember(temporary_);
}

void AtomicFile::close() {
    forget(temporary_);
    temporary_.clear();
    fd_.reset();
}

void AtomicFile::commit_as(std::string path, bool durable) {
    if (durable && ::fsync(fd_.get()) != 0)
        throw Error::system(errno, fmt::format("write '{}'", path_));
    give_name();
    if (::rename(temporary_.c_str(), path.c_str()) != 0)
        throw Error::system(errno, fmt::format("write '{}'", path));
    path_ = std::move(path);
    close();
}

void write_file(const std::string& path, std::string_view content, mode_t mode) {
    AtomicFile file(path, mode);
    file.write(content);
    file.commit();
}

TempDir::TempDir(const std::string& parent) {
    const char* configured = std::getenv("TMPDIR");
    std::string base = !parent.empty() ? parent : configured && *configured ? configured : "/tmp";
    path_ = base + "/coracle-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr)
        throw Error::system(errno, fmt::format("make a directory in '{}'", base));
    remember(path_);
}

TempDir::~TempDir() {
    if (path_.empty())
        return;
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
    forget(path_);
}

std::string TempDir::operator/(std::string_view name) const {
    return fmt::format("{}/{}", path_, name);
}

void remove_temporaries() {
    temporaries().with([](auto& paths) {
        for (const auto& path : paths) {
            std::error_code ignored;
            // Other threads may still be filling a directory while it is emptied.
            for (int attempt = 0; attempt < 3; ++attempt)
                std::filesystem::remove_all(path, ignored);
        }
        paths.clear();
    });
}

namespace {

Fd unnamed_file_in(const std::string& directory) {
    Fd fd(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0644));
    if (fd)
        return fd;
    std::string name = directory + "/coracle-XXXXXX";
    fd.reset(::mkostemp(name.data(), O_CLOEXEC));
    if (fd)
        ::unlink(name.c_str());
    return fd;
}

} // namespace

Fd unnamed_file(const std::string& directory) {
    Fd fd = directory.empty() ? Fd() : unnamed_file_in(directory);
    if (fd)
        return fd;
    const char* configured = std::getenv("TMPDIR");
    std::string other = configured != nullptr && *configured != '\0' ? configured : "/var/tmp";
    fd = unnamed_file_in(other);
    if (!fd)
        throw Error::system(errno, fmt::format("make a file in '{}'", other));
    return fd;
}

namespace {

int flags_of(FileLock::Mode mode) { return mode == FileLock::Mode::shared ? LOCK_SH : LOCK_EX; }

// A lock file in a read-only cache can still be locked through a read-only descriptor.
Fd open_lock_file(const std::string& path) {
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    int refusal = errno;
    if (!fd && (refusal == EROFS || refusal == EACCES))
        fd = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd)
        throw Error::system(refusal, fmt::format("open '{}'", path));
    return fd;
}

} // namespace

FileLock::FileLock(const std::string& path, Mode mode) : fd_(open_lock_file(path)) {
    while (::flock(fd_.get(), flags_of(mode)) != 0)
        if (errno != EINTR)
            throw Error::system(errno, fmt::format("lock '{}'", path));
}

std::optional<FileLock> FileLock::attempt(const std::string& path, Mode mode) {
    Fd fd = open_lock_file(path);
    if (::flock(fd.get(), flags_of(mode) | LOCK_NB) == 0)
        return FileLock(std::move(fd));
    if (errno == EWOULDBLOCK)
        return std::nullopt;
    throw Error::system(errno, fmt::format("lock '{}'", path));
}

} // namespace coracle
