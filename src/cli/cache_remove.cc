// SPDX-License-Identifier: Apache-2.0
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "build/fetch_system.h"
#include "cli/cache.h"
#include "cli/registry.h"
#include "format/segment_cache.h"
#include "oci/reference.h"
#include "registry/published.h"
#include "store/store.h"
#include "store/verify.h"

namespace coracle {

namespace {

std::string count_of(uint64_t count, std::string_view thing) {
    return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

void collect(Store& store, const Store::Forget& forget, Globals& globals) {
    auto swept = store.collect(false, forget);
    if (!swept) {
        globals.reporter().info("waiting for other processes that use the cache");
        swept = store.collect(true, forget);
    }
    globals.reporter().info(
        fmt::format("removed {}, {}", count_of(swept->blobs, "blob"), human_size(swept->bytes)));
}

void remove(const std::vector<std::string>& images, Globals& globals) {
    Store store(globals.cache);
    std::set<std::string> present;
    for (const auto& [name, root] : store.names())
        present.insert(name);
    std::set<std::string> unwanted;
    std::vector<std::string> absent;
    for (const std::string& image : images) {
        std::string name = present.contains(image) ? image : Reference::parse(image).full();
        if (present.contains(name))
            unwanted.insert(name);
        else
            absent.push_back(fmt::format("'{}'", image));
    }
    collect(store, [&](const std::string& name) { return unwanted.contains(name); }, globals);
    if (!absent.empty())
        throw Error("not in the cache '{}': {}", store.directory(), join(absent, ", "));
}

struct CleanArguments {
    bool unused_only = false;
    bool published_only = false;
    RegistryArguments registry;
};

std::set<std::string> published_names(const Store& store, const RegistryOptions& options,
                                      Reporter& reporter) {
    std::set<std::string> names;
    for (const auto& [name, root] : store.names())
        if (is_published(Reference::parse(name), root, options, reporter))
            names.insert(name);
    return names;
}

void clean(const CleanArguments& arguments, Globals& globals) {
    Store store(globals.cache);
    if (arguments.published_only) {
        auto published = published_names(store, registry_options(globals, arguments.registry),
                                         globals.reporter());
        auto forget = [&](const std::string& name) { return published.contains(name); };
        return collect(store, forget, globals);
    }
    if (arguments.unused_only)
        return collect(store, nullptr, globals);
    collect(store, [](const std::string&) { return true; }, globals);
    uint64_t bytes = SegmentCache(segment_directory(globals.cache)).clear();
    bytes += clear_systems(globals.cache);
    globals.reporter().info(fmt::format("removed {} of former builds", human_size(bytes)));
}

struct VerifyArguments {
    bool remove_damaged = false;
    std::string output;
};

void print_json(const VerifyReport& report) {
    nlohmann::ordered_json document;
    document["sound"] = report.sound();
    document["blobs"] = report.blobs;
    document["bytes"] = report.bytes;
    document["faults"] = report.faults;
    document["damaged"] = nlohmann::ordered_json::array();
    for (const Digest& digest : report.damaged)
        document["damaged"].push_back(digest.str());
    fmt::print("{}\n", document.dump(2));
}

void check(const VerifyArguments& arguments, Globals& globals) {
    Store store(globals.cache);
    VerifyReport report = verify(store, globals.reporter());
    if (arguments.output == "json")
        print_json(report);
    else
        for (const std::string& fault : report.faults)
            fmt::print("{}\n", fault);
    if (arguments.remove_damaged)
        for (const Digest& digest : report.damaged)
            store.drop(digest);
    if (!report.sound())
        throw Error("the cache '{}' is not sound: {}", store.directory(),
                    count_of(report.faults.size(), "fault"))
            .hint(arguments.remove_damaged ? "pull or build the images again"
                                           : "coracle cache verify --remove-damaged");
    globals.reporter().info(
        fmt::format("{}, {}: all sound", count_of(report.blobs, "blob"), human_size(report.bytes)));
}

} // namespace

void add_cache_remove(CLI::App& cache, Globals& globals) {
    auto& images = globals.keep<std::vector<std::string>>();
    auto& command = add_command(cache, "rm", "remove images from the cache",
                                "  coracle cache rm redis:8 linuxkit/init:v1\n");
    command.add_option("IMAGE", images, "names of images")->required();
    command.callback([&] { remove(images, globals); });
}

void add_cache_clean(CLI::App& cache, Globals& globals) {
    auto& arguments = globals.keep<CleanArguments>();
    auto& command = add_command(cache, "clean", "remove all images from the cache",
                                "  coracle cache clean\n"
                                "  coracle cache clean --unused\n");
    auto* unused =
        command.add_flag("--unused", arguments.unused_only, "remove only what no image needs");
    command
        .add_flag("--published-only", arguments.published_only,
                  "remove only images that their registries have, just the same")
        ->excludes(unused);
    add_registry_options(command, arguments.registry);
    command.callback([&] { clean(arguments, globals); });
}

void add_cache_verify(CLI::App& cache, Globals& globals) {
    auto& arguments = globals.keep<VerifyArguments>();
    auto& command = add_command(cache, "verify", "check every blob in the cache against its digest",
                                "  coracle cache verify\n");
    command.add_flag("--remove-damaged", arguments.remove_damaged,
                     "remove damaged blobs, so that they are pulled again");
    add_output_option(command, arguments.output);
    command.callback([&] { check(arguments, globals); });
}

} // namespace coracle
