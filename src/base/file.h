// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace coracle {

/// The whole content of a file of at most `limit` bytes. Throws when it is absent or larger.
std::string read_file(const std::string& path, uint64_t limit = 64 << 20);

/// As read_file, but an absent file is nullopt.
std::optional<std::string> read_file_if_present(const std::string& path, uint64_t limit = 64 << 20);

bool exists(const std::string& path);

/// mkdir -p with mode 0755.
void make_directories(const std::string& path);

/// A file that appears under its name whole or not at all: written beside it, renamed by commit().
/// Destroyed without commit() it leaves nothing behind; on file systems with O_TMPFILE not even
/// kill -9 leaves a trace.
class AtomicFile {
public:
    /// Throws where something else than a regular file has the name.
    explicit AtomicFile(std::string path, mode_t mode = 0644);
    ~AtomicFile();
    AtomicFile(AtomicFile&& other) noexcept;
    AtomicFile& operator=(AtomicFile&&) = delete;

    int fd() const { return fd_.get(); }
    const std::string& path() const { return path_; }
    void write(std::string_view data) { write_all(fd_.get(), data, path_); }
    /// Puts the file in place, replacing an older one. `durable` also syncs it to disk first.
    void commit(bool durable = false);
    /// As commit(), for what can be made again: is faster, but if power is lost in the next
    /// seconds, neither the old content nor the new may be there.
    void commit_lazily();
    /// As commit(), under another name in the same file system: for content whose name is its hash.
    void commit_as(std::string path, bool durable = false);

private:
    void give_name();
    void close();

    std::string path_;
    std::string temporary_; ///< empty while the file has no name
    Fd fd_;
};

/// AtomicFile for content that is at hand.
void write_file(const std::string& path, std::string_view content, mode_t mode = 0644);

/// A directory that is removed with all that is in it.
class TempDir {
public:
    /// Made below `parent`, or below $TMPDIR (default /tmp).
    explicit TempDir(const std::string& parent = "");
    ~TempDir();
    TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    TempDir& operator=(TempDir&&) = delete;

    const std::string& path() const { return path_; }
    std::string operator/(std::string_view name) const;

private:
    std::string path_;
};

/// Removes every AtomicFile not yet committed and every TempDir of this process, from any thread:
/// for a program that is about to be ended by a signal.
void remove_temporaries();

/// An empty file without a name, in `directory`, or where temporary files go ($TMPDIR, else
/// /var/tmp) when that is "" or cannot be written. Where O_TMPFILE works it can be given a name
/// with linkat(2).
Fd unnamed_file(const std::string& directory = "");

/// An advisory lock (flock(2)) on a file, which is made when it is absent; held until destruction.
class FileLock {
public:
    enum class Mode { shared, exclusive };
    /// Waits for the lock.
    FileLock(const std::string& path, Mode mode);
    /// The lock, or nullopt when another process holds it.
    static std::optional<FileLock> attempt(const std::string& path, Mode mode);

private:
    explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

} // namespace coracle
