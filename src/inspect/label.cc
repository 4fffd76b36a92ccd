// SPDX-License-Identifier: Apache-2.0
#include "inspect/label.h"

#include <algorithm>

#include "base/error.h"
#include "inspect/container.h"
#include "rootfs/container_config.h"
#include "rootfs/images.h"

namespace coracle {

namespace {

/// What the label asks for, or nullopt for an image that is not here or cannot be read: the output
/// can be shown without it.
std::optional<LabelGrants> grants_of(const Store& store, const std::string& name,
                                     const Platform& platform) {
    try {
        auto image = find_image(store, Reference::parse(name), platform);
        return image ? container_of(*image).label : std::nullopt;
    } catch (const Error&) {
        return std::nullopt;
    }
}

bool has_bind(const ContainerFacts& facts, const std::string& bind) {
    return std::ranges::any_of(facts.mounts, [&](const InspectedMount& mount) {
        return mount.is_bind() && bind.starts_with(mount.source + ":" + mount.destination + ":");
    });
}

/// Leaves only what the container has.
void keep_given(LabelGrants& grants, const ContainerFacts& facts) {
    auto lacks = [](const std::vector<std::string>& list) {
        return
            [&list](const std::string& one) { return std::ranges::find(list, one) == list.end(); };
    };
    std::erase_if(grants.capabilities, lacks(facts.capabilities));
    std::erase_if(grants.devices, lacks(facts.devices));
    std::erase_if(grants.binds, [&](const std::string& bind) { return !has_bind(facts, bind); });
}

} // namespace

InspectedContainer container_of(const ResolvedImage& image) {
    ImageEntry entry;
    entry.name = "image";
    entry.image.text = image.reference.full();
    ImageDefaults defaults = defaults_of(image);
    ContainerConfig config = make_container_config(
        {.entry = entry, .image = defaults, .ids = {}, .volumes = {}, .layout = {}});
    return {.name = image.reference.full(),
            .section = "image",
            .source = image.descriptor.digest.str(),
            .config_json = config.config_json,
            .runtime_json = config.runtime_json,
            .label = LabelGrants{config.capabilities_of_label, config.binds_of_label,
                                 config.devices_of_label}};
}

void find_label_grants(Contents& contents, const Store& store, const Platform& platform) {
    for (auto& container : contents.containers) {
        if (container.source.empty())
            continue;
        container.label = grants_of(store, container.source, platform);
        if (container.label)
            keep_given(*container.label, facts_of(container));
    }
}

} // namespace coracle
