// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "io/hash.h"
#include "io/sink.h"
#include "oci/descriptor.h"

namespace coracle {

/// A blob on its way into the store. Destroyed without a commit it leaves nothing behind.
class BlobWriter : public Sink {
public:
    BlobWriter(BlobWriter&&) noexcept;
    ~BlobWriter() override;

    void write(std::string_view data) override;
    /// Bytes written so far.
    uint64_t count() const;

    /// Puts the blob into the store under the digest of what was written.
    Descriptor commit(std::string media_type);
    /// Puts it there if it is what `expected` says, else throws:
    /// Error("blob DIGEST is 12 bytes long instead of 13"), Error("blob DIGEST is damaged: ...").
    Descriptor commit_expecting(const Descriptor& expected);

private:
    friend class Store;
    struct State;
    BlobWriter(std::string directory, HashAlgorithm algorithm);
    std::unique_ptr<State> state_;
};

} // namespace coracle
