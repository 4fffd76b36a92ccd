// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/cache.h"
#include "cli/registry.h"
#include "registry/pull.h"
#include "registry/push.h"

namespace coracle {

namespace {

struct PullArguments {
    std::vector<std::string> images;
    std::vector<std::string> platforms;
    RegistryArguments registry;
};

void pull_images(const PullArguments& arguments, Globals& globals) {
    Store store(globals.cache);
    std::vector<Platform> platforms;
    for (const std::string& text : arguments.platforms)
        platforms.push_back(Platform::parse(text));
    if (platforms.empty())
        platforms.push_back(Platform::host());
    RegistryOptions options = registry_options(globals, arguments.registry);
    for (const std::string& image : arguments.images)
        for (const Platform& platform : platforms) {
            Reference reference = Reference::parse(image);
            auto pulled = pull(store, reference, platform, options, globals.reporter());
            globals.reporter().info(fmt::format("{} {} {}", reference.full(), platform.str(),
                                                pulled.descriptor.digest.str()));
        }
}

struct PushArguments {
    std::string image;
    std::string remote_name;
    std::string platform;
    PushOptions options;
    RegistryArguments registry;
};

void push_image(PushArguments& arguments, Globals& globals) {
    Store store(globals.cache);
    if (!arguments.remote_name.empty())
        arguments.options.remote = Reference::parse(arguments.remote_name);
    if (!arguments.platform.empty())
        arguments.options.platform = Platform::parse(arguments.platform);
    auto pushed = push(store, Reference::parse(arguments.image), arguments.options,
                       registry_options(globals, arguments.registry), globals.reporter());
    for (const Pushed& name : pushed)
        globals.reporter().info(fmt::format("{} {}", name.name, name.digest.str()));
}

} // namespace

void add_cache_pull(CLI::App& cache, Globals& globals) {
    auto& arguments = globals.keep<PullArguments>();
    auto& command =
        add_command(cache, "pull", "bring images from their registries",
                    "  coracle cache pull redis:8\n"
                    "  coracle cache pull --platform linux/arm64 quay.io/some/image:1\n");
    command.add_option("IMAGE", arguments.images, "names of images")->required();
    add_list(command, "--platform", arguments.platforms,
             "for this platform instead of this machine's (repeatable)");
    add_registry_options(command, arguments.registry);
    command.callback([&] { pull_images(arguments, globals); });
}

void add_cache_push(CLI::App& cache, Globals& globals) {
    auto& arguments = globals.keep<PushArguments>();
    auto& command =
        add_command(cache, "push", "bring an image to its registry",
                    "  coracle cache push registry.example/me/image:1\n"
                    "  coracle cache push --remote-name localhost:5000/redis:8 redis:8\n");
    command.add_option("IMAGE", arguments.image, "name of the image")->required();
    command.add_option("--remote-name", arguments.remote_name,
                       "its name in the registry, if it is not the same");
    command.add_option("--platform", arguments.platform,
                       "only this platform; else all that are in the cache");
    command.add_flag("--with-arch-tags", arguments.options.with_arch_tags,
                     "also set the tag TAG-ARCHITECTURE for each platform");
    command.add_flag("--override", arguments.options.replace,
                     "move a tag that means something else already");
    add_registry_options(command, arguments.registry);
    command.callback([&] { push_image(arguments, globals); });
}

} // namespace coracle
