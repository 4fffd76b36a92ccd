// SPDX-License-Identifier: Apache-2.0
#include "image/layer.h"

#include "base/error.h"
#include "io/peeked_source.h"
#include "oci/media_types.h"

namespace coracle {

Layer::Layer(const Store& store, const Descriptor& descriptor, const LayerReading& reading,
             Spool* spool)
    : digest_(descriptor.digest), watch_(reading.watch) {
    // Foreign layers and what is no layer at all are refused by their type.
    static_cast<void>(compression_of_layer(descriptor.media_type));
    blob_ = store.read(descriptor);
    auto peeked = std::make_unique<PeekedSource>(*blob_);
    plain_ = make_decompressor(*peeked, detect_compression(peeked->head()));
    peeked_ = std::move(peeked);
    if (spool != nullptr)
        spooled_ = spool->keep(*plain_);
    limited_ = std::make_unique<LimitedSource>(
        spooled_ ? *spooled_ : *plain_, reading.limits.unpacked_bytes, "the layer", "unpacked");
    tar_ = std::make_unique<TarReader>(*limited_, reading.limits.tar);
}

Layer::Layer(const Descriptor& descriptor, const LayerLimits& limits, const Spool& spool)
    : digest_(descriptor.digest), spooled_(spool.open()),
      tar_(std::make_unique<TarReader>(*spooled_, limits.tar)) {}

std::optional<Entry> Layer::next() {
    return within([&] { return fmt::format("while reading layer {}", digest_.str()); },
                  [&] { return watched(tar_->next()); });
}

std::optional<Entry> Layer::watched(std::optional<Entry> entry) {
    seen_.reset();
    if (watch_ == nullptr)
        return entry;
    if (!entry) {
        std::exchange(watch_, nullptr)->saw(digest_, std::move(all_seen_));
    } else if (watch_->wants(*entry)) {
        all_seen_.push_back({*entry, read_all(tar_->content())});
        seen_ = MemorySource(all_seen_.back().content);
    }
    return entry;
}

} // namespace coracle
