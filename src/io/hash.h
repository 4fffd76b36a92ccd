// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "io/sink.h"
#include "io/source.h"

namespace coracle {

enum class HashAlgorithm { sha256, sha512 };

/// A running hash.
class Hasher {
public:
    explicit Hasher(HashAlgorithm algorithm = HashAlgorithm::sha256);
    ~Hasher();
    Hasher(Hasher&&) noexcept;
    Hasher& operator=(Hasher&&) = delete;

    Hasher& update(std::string_view data);
    /// The hash in lower-case hexadecimal. Call once, last.
    std::string hex();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// SHA-256 of a text, in lower-case hexadecimal.
std::string sha256_hex(std::string_view data);

/// Passes on what it reads and hashes it on the way.
class HashingSource : public Source {
public:
    explicit HashingSource(Source& inner, HashAlgorithm algorithm = HashAlgorithm::sha256)
        : inner_(inner), hasher_(algorithm) {}
    size_t read(std::span<char> buffer) override;
    uint64_t count() const { return count_; }
    std::string hex() { return hasher_.hex(); }

private:
    Source& inner_;
    Hasher hasher_;
    uint64_t count_ = 0;
};

/// Passes on what is written and hashes it on the way.
class HashingSink : public Sink {
public:
    explicit HashingSink(Sink& inner, HashAlgorithm algorithm = HashAlgorithm::sha256)
        : inner_(inner), hasher_(algorithm) {}
    void write(std::string_view data) override;
    void finish() override { inner_.finish(); }
    uint64_t count() const { return count_; }
    std::string hex() { return hasher_.hex(); }

private:
    Sink& inner_;
    Hasher hasher_;
    uint64_t count_ = 0;
};

/// Passes on what it reads, and throws at the end (before it tells of the end) when size or hash
/// are not the expected; also as soon as there is more than the expected size. Whoever reads it to
/// its end has read verified content.
class VerifyingSource : public Source {
public:
    /// `name` names the content in the error, e.g. "blob sha256:...".
    VerifyingSource(Source& inner, HashAlgorithm algorithm, std::string hex, uint64_t size,
                    std::string name);
    size_t read(std::span<char> buffer) override;

private:
    HashingSource inner_;
    std::string hex_;
    uint64_t size_;
    std::string name_;
    bool verified_ = false;
};

} // namespace coracle
