// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "build/publish_system.h"
#include "cli/cache.h"
#include "cli/registry.h"
#include "cli/signing_key.h"
#include "registry/pull.h"
#include "registry/push.h"
#include "trust/sign.h"
#include "trust/signatures.h"
#include "trust/verifier.h"

namespace coracle {

namespace {

struct PullArguments {
    std::vector<std::string> images;
    std::vector<std::string> platforms;
    std::string output;
    std::string verify;
    RegistryArguments registry;
};

/// Signatures come along, so that they can be checked where there is no registry.
void take_signatures(Store& store, const ResolvedImage& image,
                     const std::optional<Descriptor>& former, const PullArguments& arguments,
                     Globals& globals) {
    RegistryOptions options = registry_options(globals, arguments.registry);
    for (const std::string& fault :
         fetch_signatures(store, image.reference, subjects_of(image), options, globals.reporter(),
                          [] { return true; }))
        globals.reporter().verbose(
            fmt::format("no signatures of '{}': {}", image.reference.familiar(), fault));
    if (arguments.verify.empty())
        return;
    Policy policy = Policy::read(arguments.verify);
    try {
        Verifier(policy, options, globals.reporter()).check(store, image);
    } catch (const Error&) {
        put_back(store, image.reference, former);
        throw;
    }
}

/// nullopt for all that there are.
std::optional<std::vector<Platform>> wanted_platforms(const PullArguments& arguments) {
    std::vector<Platform> platforms;
    for (const std::string& list : arguments.platforms)
        for (const std::string& text : split(list, ',')) {
            if (text == "all")
                return std::nullopt;
            platforms.push_back(Platform::parse(text));
        }
    if (platforms.empty())
        platforms.push_back(Platform::host());
    return platforms;
}

void pull_images(const PullArguments& arguments, Globals& globals) {
    Store store(globals.cache);
    auto platforms = wanted_platforms(arguments);
    RegistryOptions options = registry_options(globals, arguments.registry);
    Results results(arguments.output);
    auto take = [&](const Reference& reference, const auto& bring) {
        auto former = store.find(reference);
        for (const ResolvedImage& pulled : bring()) {
            take_signatures(store, pulled, former, arguments, globals);
            results.add({{"name", reference.full()},
                         {"platform", pulled.platform.str()},
                         {"digest", pulled.descriptor.digest.str()}});
        }
    };
    for (const std::string& image : arguments.images) {
        Reference reference = Reference::parse(image);
        if (!platforms)
            take(reference,
                 [&] { return pull_all_platforms(store, reference, options, globals.reporter()); });
        else
            for (const Platform& platform : *platforms)
                take(reference, [&] {
                    return std::vector{
                        pull(store, reference, platform, options, globals.reporter())};
                });
    }
    results.print(globals);
}

struct PushArguments {
    std::string image;
    std::string remote_name;
    std::string platform;
    std::string output;
    std::string key;
    std::vector<std::string> outputs;
    std::string sbom;
    std::string lock;
    PushOptions options;
    RegistryArguments registry;
};

void sign_pushed(const std::vector<Pushed>& pushed, const PushArguments& arguments,
                 Globals& globals) {
    PrivateKey key = read_signing_key(arguments.key);
    RegistryOptions options = registry_options(globals, arguments.registry);
    for (const Pushed& name : pushed)
        sign_published(Reference::parse(name.name).with_digest(name.digest), key,
                       {.recursive = true}, options, globals.reporter());
}

std::vector<Pushed> push_outputs(const PushArguments& arguments, Globals& globals) {
    if (!arguments.platform.empty() || arguments.options.with_arch_tags ||
        !arguments.remote_name.empty())
        throw UsageError("--outputs pushes files, not an image from the cache: "
                         "--platform, --with-arch-tags and --remote-name are not for it");
    return {publish_system({.outputs = arguments.outputs,
                            .remote = Reference::parse(arguments.image),
                            .sbom = arguments.sbom,
                            .lock = arguments.lock,
                            .replace = arguments.options.replace},
                           registry_options(globals, arguments.registry), globals.reporter())};
}

std::vector<Pushed> push_kept(PushArguments& arguments, Globals& globals) {
    if (!arguments.lock.empty() || !arguments.sbom.empty())
        throw UsageError("--lock and --sbom are for --outputs");
    Store store(globals.cache);
    if (!arguments.remote_name.empty())
        arguments.options.remote = Reference::parse(arguments.remote_name);
    if (!arguments.platform.empty())
        arguments.options.platform = Platform::parse(arguments.platform);
    return push(store, Reference::parse(arguments.image), arguments.options,
                registry_options(globals, arguments.registry), globals.reporter());
}

void push_image(PushArguments& arguments, Globals& globals) {
    auto pushed = arguments.outputs.empty() ? push_kept(arguments, globals)
                                            : push_outputs(arguments, globals);
    if (!arguments.key.empty())
        sign_pushed(pushed, arguments, globals);
    Results results(arguments.output);
    for (const Pushed& name : pushed)
        results.add({{"name", name.name}, {"digest", name.digest.str()}});
    results.print(globals);
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
             "for these platforms instead of this machine's (repeatable, or with commas); all: for "
             "each that there is");
    add_output_option(command, arguments.output);
    add_registry_options(command, arguments.registry);
    add_verify_option(command, arguments.verify);
    command.callback([&] { pull_images(arguments, globals); });
}

void add_cache_push(CLI::App& cache, Globals& globals) {
    auto& arguments = globals.keep<PushArguments>();
    auto& command =
        add_command(cache, "push", "bring an image, or a built system, to its registry",
                    "  coracle cache push registry.example/me/image:1\n"
                    "  coracle cache push --remote-name localhost:5000/redis:8 redis:8\n"
                    "  coracle cache push --sign cosign.key registry.example/me/image:1\n"
                    "  coracle cache push --outputs redis-os registry.example/me/redis-os:1\n"
                    "  coracle cache push --outputs out/redis-os --lock redis-os.lock "
                    "registry.example/me/redis-os:1\n");
    command.add_option("IMAGE", arguments.image, "name of the image, or of what --outputs pushes")
        ->required();
    command.add_option("--remote-name", arguments.remote_name,
                       "its name in the registry, if it is not the same");
    command.add_option("--platform", arguments.platform,
                       "only this platform; else all that are in the cache");
    command.add_flag("--with-arch-tags", arguments.options.with_arch_tags,
                     "also set the tag TAG-ARCHITECTURE for each platform");
    command.add_flag("--override", arguments.options.replace,
                     "move a tag that means something else already");
    add_list(command, "--outputs", arguments.outputs,
             "push what `build` made instead: the name of a build, or a file (repeatable)")
        ->type_name("PREFIX");
    command
        .add_option("--sbom", arguments.sbom,
                    "with --outputs: the bill of materials, where it cannot be read from them")
        ->type_name("FILE");
    command
        .add_option("--lock", arguments.lock,
                    "with --outputs: the lock file of the build, for its provenance")
        ->type_name("FILE");
    add_output_option(command, arguments.output);
    add_registry_options(command, arguments.registry);
    command
        .add_option("--sign", arguments.key,
                    "sign what is pushed, and the manifest of each platform, with this private key")
        ->type_name("KEY");
    command.callback([&] { push_image(arguments, globals); });
}

} // namespace coracle
