// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "archive/entry.h"
#include "archive/tar_reader.h"
#include "image/layer_watch.h"
#include "image/spool.h"
#include "io/compress.h"
#include "io/memory.h"
#include "oci/descriptor.h"
#include "store/store.h"

namespace coracle {

/// The entries of one layer in the store, whiteouts and all. What its bytes look like decides how
/// it is unpacked, since media types are often wrong. Reading to the end verifies the layer's
/// digest.
class Layer : public EntrySource {
public:
    /// `spool`, if any, keeps the archive for the next reading, which may be of it alone.
    Layer(const Store& store, const Descriptor& descriptor, const LayerReading& reading = {},
          Spool* spool = nullptr);
    /// A layer again, from what a complete reading left in `spool`.
    Layer(const Descriptor& descriptor, const LayerLimits& limits, const Spool& spool);
    std::optional<Entry> next() override;
    Source& content() override { return seen_ ? *seen_ : tar_->content(); }

private:
    std::optional<Entry> watched(std::optional<Entry> entry);

    Digest digest_;
    std::unique_ptr<Source> blob_;
    std::unique_ptr<Source> peeked_;
    std::unique_ptr<Source> plain_;
    std::unique_ptr<Source> spooled_;
    std::unique_ptr<Source> limited_;
    std::unique_ptr<TarReader> tar_;
    LayerWatch* watch_ = nullptr;
    std::vector<LayerWatch::Seen> all_seen_;
    std::optional<MemorySource> seen_; ///< the content of the last entry, when it was wanted
};

} // namespace coracle
