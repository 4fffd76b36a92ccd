// SPDX-License-Identifier: Apache-2.0
#include "io/hash.h"

#include <openssl/evp.h>

#include "base/error.h"
#include "base/text.h"

namespace coracle {

struct Hasher::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ~State() { EVP_MD_CTX_free(context); }
};

Hasher::Hasher(HashAlgorithm algorithm) : state_(std::make_unique<State>()) {
    const EVP_MD* method = algorithm == HashAlgorithm::sha256 ? EVP_sha256() : EVP_sha512();
    if (EVP_DigestInit_ex(state_->context, method, nullptr) != 1)
        throw Error("the OpenSSL library offers no SHA-2");
}

Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;

Hasher& Hasher::update(std::string_view data) {
    EVP_DigestUpdate(state_->context, data.data(), data.size());
    return *this;
}

std::string Hasher::hex() {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_DigestFinal_ex(state_->context, bytes, &size);
    return to_hex({reinterpret_cast<const char*>(bytes), size});
}

std::string sha256_hex(std::string_view data) { return Hasher().update(data).hex(); }

size_t HashingSource::read(std::span<char> buffer) {
    size_t count = inner_.read(buffer);
    hasher_.update({buffer.data(), count});
    count_ += count;
    return count;
}

void HashingSink::write(std::string_view data) {
    hasher_.update(data);
    count_ += data.size();
    inner_.write(data);
}

VerifyingSource::VerifyingSource(Source& inner, HashAlgorithm algorithm, std::string hex,
                                 uint64_t size, std::string name)
    : inner_(inner, algorithm), hex_(std::move(hex)), size_(size), name_(std::move(name)) {}

size_t VerifyingSource::read(std::span<char> buffer) {
    size_t count = inner_.read(buffer);
    if (inner_.count() > size_)
        throw Error("{} is longer than the {} bytes it should have", name_, size_);
    if (count > 0 || verified_)
        return count;
    if (inner_.count() != size_)
        throw Error("{} is {} bytes long instead of {}", name_, inner_.count(), size_);
    std::string found = inner_.hex();
    if (found != hex_)
        throw Error("{} is damaged: its content has the hash {}", name_, found);
    verified_ = true;
    return 0;
}

} // namespace coracle
