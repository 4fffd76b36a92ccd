// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/entry.h"
#include "io/sink.h"

namespace coracle {

/// Writes ustar headers, with PAX records for what they cannot hold, for xattrs
/// (SCHILY.xattr.*) and for an entry's provenance.
/// The same entries give the same bytes.
class TarWriter : public EntrySink {
public:
    /// finish() writes the two zero blocks of the end and finishes `sink`; without it the sink
    /// holds a segment, which other segments may follow.
    explicit TarWriter(Sink& sink) : sink_(sink) {}
    using EntrySink::add;
    void add(const Entry& entry, Source& content) override;
    void finish() override;

private:
    Sink& sink_;
};

} // namespace coracle
