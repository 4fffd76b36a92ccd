// SPDX-License-Identifier: Apache-2.0
#include "trust/sign.h"

#include <fmt/format.h>

#include "base/error.h"
#include "cli/command.h"
#include "cli/registry.h"
#include "cli/signing_key.h"
#include "store/store.h"

namespace coracle {

namespace {

struct SignCommand {
    std::vector<std::string> images;
    std::string key;
    bool cache_only = false;
    SignOptions options;
    RegistryArguments registry;
};

void sign_images(const SignCommand& command, Globals& globals) {
    PrivateKey key = read_signing_key(command.key);
    RegistryOptions registry = registry_options(globals, command.registry);
    for (const std::string& image : command.images) {
        Reference reference = Reference::parse(image);
        std::vector<Signed> result;
        if (command.cache_only) {
            Store store(globals.cache);
            result = sign_kept(store, reference, key);
        } else {
            result = sign_published(reference, key, command.options, registry, globals.reporter());
        }
        for (const Signed& made : result)
            globals.reporter().info(
                fmt::format("{} {}", made.made ? "signed" : "had signed", made.name));
    }
}

} // namespace

void add_sign(CLI::App& app, Globals& globals) {
    auto& kept = globals.keep<SignCommand>();
    auto& command = add_command(
        app, "sign", "sign images as cosign does",
        "  coracle sign --key cosign.key registry.example/me/image:1\n"
        "  coracle sign --key cosign.key --cache-only coracle/redis:TAG\n"
        "  cosign verify --key cosign.pub --insecure-ignore-tlog "
        "registry.example/me/image:1\n\n"
        "A key is made by 'cosign generate-key-pair' (its password: COSIGN_PASSWORD, or "
        "asked for) or:\n"
        "  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out my.key\n"
        "  openssl pkey -in my.key -pubout -out my.pub\n");
    command.add_option("IMAGE", kept.images, "names of images, in their registries")->required();
    command.add_option("--key", kept.key, "private key: PEM, or of cosign")
        ->required()
        ->type_name("FILE");
    command.add_flag("--recursive", kept.options.recursive, "also the manifest of each platform");
    auto* referrers = command.add_flag("--referrers", kept.options.referrers,
                                       "as OCI 1.1 referrers, not under cosign's tag");
    command
        .add_flag("--cache-only", kept.cache_only, "images in the cache; the signatures stay there")
        ->excludes(referrers);
    add_registry_options(command, kept.registry);
    command.callback([&] { sign_images(kept, globals); });
}

} // namespace coracle
