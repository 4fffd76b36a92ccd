// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "archive/entry.h"
#include "io/sink.h"

namespace coracle {

/// Writes ustar headers, with PAX records for what they cannot hold and for xattrs (SCHILY.xattr.*).
/// The same entries give the same bytes.
class TarWriter : public EntrySink {
public:
    using Records = std::vector<std::pair<std::string, std::string>>;

    /// `records` are put before every entry as PAX records (provenance). finish() writes the two zero
    /// blocks of the end and finishes `sink`; without it the sink holds a segment, which other segments
    /// may follow.
    explicit TarWriter(Sink& sink, Records records = {}) : sink_(sink), records_(std::move(records)) {}
    using EntrySink::add;
    void add(const Entry& entry, Source& content) override;
    void finish() override;

private:
    Sink& sink_;
    Records records_;
};

} // namespace coracle
