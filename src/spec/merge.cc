// SPDX-License-Identifier: Apache-2.0
#include <iterator>
#include <utility>

#include "spec/entry_check.h"
#include "spec/read.h"
#include "spec/tables.h"

namespace coracle {

namespace {

template <class T>
void append(std::optional<std::vector<T>>& under, std::optional<std::vector<T>>& over) {
    if (!under)
        under = std::move(over);
    else if (over)
        under->insert(under->end(), std::make_move_iterator(over->begin()),
                      std::make_move_iterator(over->end()));
}

void append(Strings& under, const Strings& over) {
    under.insert(under.end(), over.begin(), over.end());
}

// What is there is there once, in the order it came.
std::optional<Strings> joined(const std::optional<Strings>& under,
                              const std::optional<Strings>& over) {
    if (!over)
        return under;
    Strings result = each(under);
    for (const auto& text : *over)
        if (std::find(result.begin(), result.end(), text) == result.end())
            result.push_back(text);
    return result;
}

} // namespace

Spec merge(Spec under, Spec over) {
    if (!under.kernel)
        under.kernel = std::move(over.kernel);
    else if (over.kernel)
        overlay_object(table_of<KernelSpec>(), &*under.kernel, &*over.kernel);
    append(under.init, over.init);
    append(under.onboot, over.onboot);
    append(under.onshutdown, over.onshutdown);
    append(under.services, over.services);
    append(under.volumes, over.volumes);
    append(under.files, over.files);
    if (over.trust)
        under.trust = std::move(over.trust);
    append(under.warnings, over.warnings);
    for (auto& source : over.sources)
        under.sources.push_back(std::move(source));
    check_names(under);
    return under;
}

ImageEntry overlay(const ImageEntry& under, const ImageEntry& over) {
    ImageEntry result = under;
    overlay_object(table_of<ImageEntry>(), &result, &over);
    if (!over.capabilities)
        result.capabilities =
            joined(joined(under.capabilities, under.capabilities_add), over.capabilities_add);
    if (!over.binds)
        result.binds = joined(joined(under.binds, under.binds_add), over.binds_add);
    result.capabilities_add.reset();
    result.binds_add.reset();
    result.at = over.at;
    result.places = over.places;
    return result;
}

} // namespace coracle
