// SPDX-License-Identifier: Apache-2.0
#include "rootfs/images.h"

#include "base/error.h"

namespace coracle {

const ResolvedImage& Images::get(const ImageName& name) {
    auto found = found_.find(name.text);
    if (found != found_.end())
        return found->second;
    auto resolved = within(
        [&] {
            return name.at.line > 0
                       ? fmt::format("for {}:{}:{}", name.at.file, name.at.line, name.at.column)
                       : fmt::format("for image '{}'", name.text);
        },
        [&] { return resolve(Reference::parse(name.text), platform_); });
    return found_.emplace(name.text, std::move(resolved)).first->second;
}

std::string source_name(const Reference& reference) {
    return reference.tag() || reference.digest() ? reference.full() : reference.name();
}

uint64_t layer_bytes(const ResolvedImage& image) {
    uint64_t total = 0;
    for (const auto& layer : image.manifest.layers)
        total += layer.size;
    return total;
}

ImageDefaults defaults_of(const ResolvedImage& image) {
    const ImageConfig& config = image.config;
    return {config.entrypoint,          config.cmd,  config.env,
            config.working_dir,         config.user, config.labels,
            image.platform.architecture};
}

} // namespace coracle
