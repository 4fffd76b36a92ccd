// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/fd.h"
#include "io/source.h"

namespace coracle {

/// Keeps what was read once in a file without a name, which is faster to read again than unpacking
/// and verifying it again. Where there is no room for it, it keeps nothing.
class Spool {
public:
    /// The file is made in `directory`, see unnamed_file().
    explicit Spool(std::string directory) : directory_(std::move(directory)) {}

    /// Reads `source`, of which a copy is kept; complete once the end was read. Must not outlive
    /// the spool.
    std::unique_ptr<Source> keep(Source& source);
    bool complete() const { return file_ && complete_; }
    /// What was kept from its beginning, which knows its place; only when complete.
    std::unique_ptr<Source> open() const;

private:
    friend class SpooledSource;
    std::string directory_;
    Fd file_;
    uint64_t size_ = 0;
    bool complete_ = false;
};

} // namespace coracle
