// SPDX-License-Identifier: Apache-2.0
#include "store/blob_writer.h"

#include "base/error.h"
#include "base/file.h"
#include "io/file_io.h"
#include "store/layout.h"

namespace coracle {

struct BlobWriter::State {
    State(std::string root, HashAlgorithm chosen)
        : directory(std::move(root)), algorithm(chosen), file(own_path(directory, "new-blob")),
          sink(file.fd(), directory), hasher(chosen) {}

    Descriptor commit(Descriptor descriptor) {
        sink.finish();
        file.commit_as(blob_path(directory, descriptor.digest));
        return descriptor;
    }

    std::string directory;
    HashAlgorithm algorithm;
    AtomicFile file;
    FileSink sink;
    Hasher hasher;
    uint64_t count = 0;
};

BlobWriter::BlobWriter(std::string directory, HashAlgorithm algorithm)
    : state_(std::make_unique<State>(std::move(directory), algorithm)) {}

BlobWriter::BlobWriter(BlobWriter&&) noexcept = default;
BlobWriter::~BlobWriter() = default;

void BlobWriter::write(std::string_view data) {
    state_->hasher.update(data);
    state_->count += data.size();
    state_->sink.write(data);
}

uint64_t BlobWriter::count() const { return state_->count; }

Descriptor BlobWriter::commit(std::string media_type) {
    Digest digest = Digest::from_hex(state_->algorithm, state_->hasher.hex());
    return state_->commit({std::move(media_type), std::move(digest), state_->count});
}

Descriptor BlobWriter::commit_expecting(const Descriptor& expected) {
    const Digest& digest = expected.digest;
    if (state_->count != expected.size)
        throw Error("blob {} is {} bytes long instead of {}", digest.str(), state_->count,
                    expected.size);
    if (state_->algorithm != digest.algorithm())
        throw Error("blob {} was written with another hash", digest.str());
    std::string hex = state_->hasher.hex();
    if (hex != digest.hex())
        throw Error("blob {} is damaged: its content has the hash {}", digest.str(), hex);
    return state_->commit(expected);
}

} // namespace coracle
