// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "archive/entry.h"
#include "archive/tar_reader.h"
#include "image/limits.h"
#include "io/compress.h"
#include "oci/descriptor.h"
#include "store/store.h"

namespace coracle {

/// The entries of one layer in the store, whiteouts and all. What its bytes look like decides how
/// it is unpacked, since media types are often wrong. Reading to the end verifies the layer's
/// digest.
class Layer : public EntrySource {
public:
    Layer(const Store& store, const Descriptor& descriptor, LayerLimits limits = {});
    std::optional<Entry> next() override;
    Source& content() override { return tar_->content(); }

private:
    std::string name_;
    std::unique_ptr<Source> blob_;
    std::unique_ptr<Source> peeked_;
    std::unique_ptr<Source> plain_;
    std::unique_ptr<Source> limited_;
    std::unique_ptr<TarReader> tar_;
};

} // namespace coracle
