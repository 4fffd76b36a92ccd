// SPDX-License-Identifier: Apache-2.0
#include "image/layer.h"

#include "base/error.h"
#include "io/peeked_source.h"
#include "oci/media_types.h"

namespace coracle {

Layer::Layer(const Store& store, const Descriptor& descriptor, LayerLimits limits)
    : name_(descriptor.digest.str()) {
    // Foreign layers and what is no layer at all are refused by their type.
    static_cast<void>(compression_of_layer(descriptor.media_type));
    blob_ = store.read(descriptor);
    auto peeked = std::make_unique<PeekedSource>(*blob_);
    plain_ = make_decompressor(*peeked, detect_compression(peeked->head()));
    peeked_ = std::move(peeked);
    limited_ = std::make_unique<LimitedSource>(*plain_, limits.unpacked_bytes, "the layer");
    tar_ = std::make_unique<TarReader>(*limited_, limits.tar);
}

std::optional<Entry> Layer::next() {
    return within([&] { return fmt::format("while reading layer {}", name_); },
                  [&] { return tar_->next(); });
}

} // namespace coracle
