// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/fd.h"
#include "io/hash.h"
#include "io/sink.h"
#include "oci/descriptor.h"
#include "store/store.h"

namespace coracle {

/// A large blob on its way into the store that may take more than one process to arrive: what came
/// of it is kept under a name, and the next one goes on from there. One process at a time has it.
/// It becomes a blob only when all of it has the right digest.
class PartialBlob : public Sink {
public:
    /// Waits while another process is at it, as long as that one makes progress at least every
    /// `patience`. nullopt when the blob is in the store by then, or the other one does not move.
    /// Hold a Session meanwhile.
    static std::optional<PartialBlob> open(Store& store, const Descriptor& blob,
                                           std::chrono::milliseconds patience);
    PartialBlob(PartialBlob&& other) noexcept;
    /// Without commit() or keep() what came is removed.
    ~PartialBlob() override;

    void write(std::string_view data) override;
    /// Bytes that are here, also from former processes.
    uint64_t count() const { return count_; }
    /// Leaves what came to whoever tries next.
    void keep();
    /// Forgets what came.
    void restart();
    /// Puts the blob into the store. False, and nothing is here any more, when it is damaged.
    bool commit();

private:
    PartialBlob(std::string path, std::string target, const Descriptor& blob, Fd file);
    void read_again();
    void flush();

    std::string path_;
    std::string target_;
    Descriptor blob_;
    Fd file_;
    std::optional<Hasher> hasher_;
    uint64_t count_ = 0;
    std::string buffer_; ///< bytes that are not in the file yet
    bool kept_ = false;
};

/// Removes what unfinished blobs nobody has touched for `age`.
void forget_old_partial_blobs(const Store& store, std::chrono::hours age);

} // namespace coracle
