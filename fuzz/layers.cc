// SPDX-License-Identifier: Apache-2.0
// Layers as lines of text: "f NAME" file, "d NAME/" directory, "s NAME TARGET" symlink, "h NAME
// TARGET" hard link, "c NAME" device; "-" begins the next layer. Whatever they are, what comes out
// can be laid down.
#include <map>
#include <vector>

#include "base/text.h"
#include "check.h"
#include "image/overlay.h"

using namespace coracle;

namespace {

Entry entry_of(const std::string& line) {
    auto words = split(line, ' ');
    Entry entry;
    entry.path = TreePath(words.size() > 1 ? words[1] : "");
    std::string target = words.size() > 2 ? words[2] : "t";
    switch (line.empty() ? 'f' : line[0]) {
    case 'd': entry.type = EntryType::directory; break;
    case 's': entry.type = EntryType::symlink; break;
    case 'h': entry.type = EntryType::hard_link; break;
    case 'c': entry.type = EntryType::character; break;
    default: break;
    }
    if (entry.type == EntryType::symlink)
        entry.link_target = target;
    if (entry.type == EntryType::hard_link)
        entry.link_target = TreePath(target).str();
    if (entry.path.is_root() && !entry.is_directory())
        throw Error("as the reader of archives would say");
    entry.device_minor = entry.type == EntryType::character ? 3 : 0;
    return entry;
}

std::vector<std::vector<Overlay::Step>> laid_over(std::string_view text) {
    Overlay overlay({.entries = 5000, .header_bytes = 1 << 20});
    std::vector<Entry> layer;
    for (const auto& line : split(text, '\n')) {
        if (line == "-") {
            overlay.add_layer(layer);
            layer.clear();
        } else if (!line.empty()) {
            layer.push_back(entry_of(line));
        }
    }
    overlay.add_layer(layer);
    return overlay.finish();
}

void check_order(const std::vector<std::vector<Overlay::Step>>& layers) {
    std::map<TreePath, const Entry*> seen;
    for (uint32_t number = 0; number < layers.size(); ++number) {
        uint32_t ordinal = 0;
        for (const auto& step : layers[number]) {
            const Entry& entry = step.entry;
            fuzz::check(!entry.path.is_root(), "the root does not come");
            fuzz::check(seen.emplace(entry.path, &entry).second, "each path comes once");
            TreePath parent = entry.path.parent();
            fuzz::check(parent.is_root() || (seen.contains(parent) && seen[parent]->is_directory()),
                        "a directory comes before what is in it");
            if (entry.type == EntryType::hard_link) {
                auto target = seen.find(TreePath(entry.link_target));
                fuzz::check(target != seen.end() && target->second->type == EntryType::regular,
                            "a file comes before its hard links");
                fuzz::check(target->second->link_count == entry.link_count, "names are counted");
            }
            if (step.content) {
                fuzz::check(step.owner == number, "content comes from its own layer");
                fuzz::check(step.ordinal >= ordinal, "content comes in the order of the layer");
                ordinal = step.ordinal + 1;
            }
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    fuzz::expect_error_at_most([&] { check_order(laid_over(fuzz::text_of(data, size))); });
    return 0;
}
