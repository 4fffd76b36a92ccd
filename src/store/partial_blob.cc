// SPDX-License-Identifier: Apache-2.0
#include "store/partial_blob.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/layout.h"

namespace coracle {

namespace {

using std::chrono::milliseconds;
namespace fs = std::filesystem;

constexpr milliseconds pause{50};
constexpr size_t buffer_size = 128 << 10;

bool lock(const Fd& file) { return ::flock(file.get(), LOCK_EX | LOCK_NB) == 0; }

/// False when the name means another file by now, or none: whoever had it is done.
bool still_named(const Fd& file, const std::string& path) {
    struct stat ours{};
    struct stat named{};
    return ::fstat(file.get(), &ours) == 0 && ::stat(path.c_str(), &named) == 0 &&
           ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

uint64_t size_of(const Fd& file) {
    struct stat status{};
    return ::fstat(file.get(), &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
}

/// Waits for the lock of a file that grows. False when it does not.
bool lock_patiently(const Fd& file, milliseconds patience) {
    uint64_t size = size_of(file);
    for (milliseconds waited{0}; !lock(file); waited += pause) {
        if (uint64_t now = size_of(file); now != size) {
            size = now;
            waited = milliseconds{0};
        }
        if (waited >= patience)
            return false;
        std::this_thread::sleep_for(pause);
    }
    return true;
}

} // namespace

std::optional<PartialBlob> PartialBlob::open(Store& store, const Descriptor& blob,
                                             milliseconds patience) {
    std::string path =
        own_path(store.directory(),
                 fmt::format("{}-{}.partial", blob.digest.algorithm_name(), blob.digest.hex()));
    if (blob.digest.algorithm() == HashAlgorithm::sha512)
        make_directories(store.directory() + "/blobs/sha512");
    while (!store.has(blob)) {
        Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
        if (!file)
            throw Error::system(errno, fmt::format("write to the cache '{}'", store.directory()));
        if (!lock_patiently(file, patience))
            return std::nullopt;
        if (!still_named(file, path))
            continue;
        PartialBlob result(path, store.path_of(blob.digest), blob, std::move(file));
        result.read_again();
        return result;
    }
    return std::nullopt;
}

PartialBlob::PartialBlob(std::string path, std::string target, const Descriptor& blob, Fd file)
    : path_(std::move(path)), target_(std::move(target)), blob_(blob), file_(std::move(file)),
      hasher_(blob.digest.algorithm()) {}

PartialBlob::PartialBlob(PartialBlob&& other) noexcept
    : path_(std::exchange(other.path_, {})), target_(std::move(other.target_)),
      blob_(std::move(other.blob_)), file_(std::move(other.file_)),
      hasher_(std::move(other.hasher_)), count_(other.count_), buffer_(std::move(other.buffer_)),
      kept_(other.kept_) {}

PartialBlob::~PartialBlob() {
    if (!path_.empty() && (!kept_ || count_ == 0))
        ::unlink(path_.c_str());
}

// The hash cannot be kept, so what former processes left is read once more.
void PartialBlob::read_again() {
    if (size_of(file_) > blob_.size)
        return restart();
    std::vector<char> buffer(256 << 10);
    while (size_t got = read_some(file_.get(), buffer.data(), buffer.size(),
                                  static_cast<off_t>(count_), path_)) {
        hasher_->update({buffer.data(), got});
        count_ += got;
    }
    if (::lseek(file_.get(), static_cast<off_t>(count_), SEEK_SET) < 0)
        throw Error::system(errno, fmt::format("write '{}'", path_));
}

void PartialBlob::write(std::string_view data) {
    hasher_->update(data);
    count_ += data.size();
    buffer_.append(data);
    if (buffer_.size() >= buffer_size)
        flush();
}

void PartialBlob::flush() {
    write_all(file_.get(), buffer_, path_);
    buffer_.clear();
}

void PartialBlob::keep() {
    flush();
    kept_ = true;
}

void PartialBlob::restart() {
    if (::ftruncate(file_.get(), 0) != 0 || ::lseek(file_.get(), 0, SEEK_SET) < 0)
        throw Error::system(errno, fmt::format("write '{}'", path_));
    hasher_.emplace(blob_.digest.algorithm());
    buffer_.clear();
    count_ = 0;
}

bool PartialBlob::commit() {
    if (count_ != blob_.size || hasher_->hex() != blob_.digest.hex()) {
        restart();
        return false;
    }
    flush();
    if (::rename(path_.c_str(), target_.c_str()) != 0)
        throw Error::system(errno, fmt::format("write '{}'", target_));
    path_.clear();
    return true;
}

void forget_old_partial_blobs(const Store& store, std::chrono::hours age) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(own_path(store.directory(), ""), error)) {
        struct stat status{};
        if (entry.path().extension() != ".partial" || ::stat(entry.path().c_str(), &status) != 0 ||
            std::chrono::seconds(::time(nullptr) - status.st_mtime) < age)
            continue;
        Fd file(::open(entry.path().c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
        if (file && lock(file))
            ::unlink(entry.path().c_str());
    }
}

} // namespace coracle
