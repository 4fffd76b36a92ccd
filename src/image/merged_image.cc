// SPDX-License-Identifier: Apache-2.0
#include "image/merged_image.h"

#include <algorithm>

#include "base/error.h"
#include "image/layer.h"
#include "io/memory.h"

namespace coracle {

namespace {

/// Additions as a layer.
class AdditionSource : public EntrySource {
public:
    explicit AdditionSource(const std::vector<Addition>& additions) : additions_(additions) {}
    std::optional<Entry> next() override {
        if (at_ == additions_.size())
            return std::nullopt;
        const Addition& addition = additions_[at_++];
        content_ = MemorySource(addition.content);
        return addition.entry;
    }
    Source& content() override { return content_; }

private:
    const std::vector<Addition>& additions_;
    size_t at_ = 0;
    MemorySource content_;
};

} // namespace

std::vector<Entry> read_headers(EntrySource& source) {
    std::vector<Entry> headers;
    while (auto entry = source.next())
        headers.push_back(std::move(*entry));
    return headers;
}

MergedImage::MergedImage(const Store& store, std::vector<Descriptor> layers, TreeChanges changes,
                         LayerReading reading)
    : store_(store), layers_(std::move(layers)), reading_(reading) {
    Overlay overlay(reading_.limits.tree);
    for (const auto& descriptor : layers_) {
        Spool& spool = spools_.emplace_back(store_.directory());
        Layer layer(store_, descriptor, reading_, &spool);
        auto headers = read_headers(layer);
        within([&] { return fmt::format("while merging layer {}", descriptor.digest.str()); },
               [&] { overlay.add_layer(headers); });
    }
    for (const auto& path : changes.remove)
        overlay.remove(path);
    std::vector<Entry> headers;
    for (auto& addition : changes.add) {
        if (addition.only_if_missing && overlay.contains(addition.entry.path))
            continue;
        addition.entry.size = addition.content.size();
        headers.push_back(addition.entry);
        additions_.push_back(std::move(addition));
    }
    overlay.add_layer(headers, Overlay::Whiteouts::none);
    steps_ = overlay.finish();
}

std::vector<Entry> MergedImage::headers() const {
    std::vector<Entry> headers;
    for (const auto& layer : steps_)
        for (const auto& step : layer)
            headers.push_back(step.entry);
    return headers;
}

/// One layer after the other, each only while it is needed.
class MergedSource : public EntrySource {
public:
    explicit MergedSource(const MergedImage& image) : image_(image) {}

    std::optional<Entry> next() override {
        while (at_ < image_.steps_.size()) {
            if (!source_)
                open();
            if (auto entry = source_->next())
                return entry;
            source_.reset();
            layer_.reset();
            ++at_;
        }
        return std::nullopt;
    }
    Source& content() override { return source_->content(); }

private:
    void open() {
        layer_ = at_ < image_.layers_.size() ? reread(image_.layers_[at_], image_.spools_[at_])
                                             : std::make_unique<AdditionSource>(image_.additions_);
        source_ = std::make_unique<OverlaySource>(*layer_, image_.steps_[at_]);
    }

    std::unique_ptr<EntrySource> reread(const Descriptor& descriptor, const Spool& spool) const {
        const LayerLimits& limits = image_.reading_.limits;
        if (spool.complete())
            return std::make_unique<Layer>(descriptor, limits, spool);
        return std::make_unique<Layer>(image_.store_, descriptor, LayerReading{limits});
    }

    const MergedImage& image_;
    size_t at_ = 0;
    std::unique_ptr<EntrySource> layer_;
    std::unique_ptr<OverlaySource> source_;
};

std::unique_ptr<EntrySource> MergedImage::open() const {
    return std::make_unique<MergedSource>(*this);
}

bool MergedImage::with_file(const TreePath& path,
                            const std::function<void(const Entry&, Source&)>& body) const {
    auto source = open();
    while (auto entry = source->next()) {
        if (entry->path != path || entry->type != EntryType::regular)
            continue;
        body(*entry, source->content()); // verified when the headers were read
        return true;
    }
    return false;
}

} // namespace coracle
