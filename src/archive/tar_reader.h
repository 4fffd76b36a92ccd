// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "archive/entry.h"

namespace coracle {

/// What a tar stream may hold before it is refused.
struct TarLimits {
    uint64_t entries = 4'000'000;
    uint64_t bytes = uint64_t{64} << 30;   ///< sum of the sizes
    uint64_t name_bytes = 4095;            ///< of one name; Linux has none that are longer
    uint64_t header_bytes = 1 << 20;       ///< of one PAX or GNU long-name header
    uint64_t all_header_bytes = 512 << 20; ///< of all of them together, each block counted
};

/// Reads POSIX ustar and pax (IEEE Std 1003.1-2017, pax, "Extended Header"), GNU long names and
/// base-256 numbers, as container layers have them. Refuses: names that leave the tree, malformed
/// PAX records, two extended headers for one entry, a bad checksum, a truncated end, negative or
/// overflowing numbers, sparse maps, unknown types.
class TarReader : public EntrySource {
public:
    explicit TarReader(Source& source, TarLimits limits = {});
    ~TarReader() override;
    std::optional<Entry> next() override;
    Source& content() override;
    /// The PAX records of the last entry that some program added for itself ("VENDOR.key"), e.g.
    /// LINUXKIT.source; sorted by key.
    const PaxList& records() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace coracle
