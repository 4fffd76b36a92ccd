// SPDX-License-Identifier: Apache-2.0
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/cache.h"
#include "store/artifact.h"
#include "store/attached.h"
#include "store/reachable.h"
#include "store/resolve.h"

namespace coracle {

namespace {

using Blobs = std::map<Digest, uint64_t>;

/// The blobs of an image that are in the cache, with their sizes; its signatures are among them.
Blobs blobs_of(const Store& store, const Descriptor& root) {
    Blobs blobs;
    auto contents = reachable(store, {root});
    std::vector<Descriptor> attached;
    for (const auto& [subject, descriptor] : attachments(store))
        if (contents.contains(subject))
            attached.push_back(descriptor);
    contents.merge(reachable(store, attached));
    for (const auto& [digest, descriptor] : contents)
        if (auto size = store.size_of(digest))
            blobs.emplace(digest, *size);
    return blobs;
}

uint64_t sum(const Blobs& blobs) {
    uint64_t total = 0;
    for (const auto& [digest, size] : blobs)
        total += size;
    return total;
}

std::vector<std::string> platform_names(const Store& store, const Descriptor& root) {
    std::vector<std::string> names;
    if (is_artifact(store, root))
        return names;
    for (const Platform& platform : platforms_of(store, root, true))
        names.push_back(platform.str());
    return names;
}

void list(const std::string& directory, bool json) {
    Store store(directory);
    std::vector<std::vector<std::string>> rows{{"IMAGE", "DIGEST", "SIZE", "PLATFORMS"}};
    auto document = nlohmann::ordered_json::array();
    for (const auto& [name, root] : store.names()) {
        uint64_t size = sum(blobs_of(store, root));
        auto platforms = platform_names(store, root);
        rows.push_back({name, root.digest.str(), human_size(size), join(platforms, ",")});
        document.push_back({{"name", name},
                            {"digest", root.digest.str()},
                            {"mediaType", root.media_type},
                            {"size", size},
                            {"platforms", platforms}});
    }
    if (json)
        fmt::print("{}\n", document.dump(2));
    else if (rows.size() > 1)
        print_table(rows, {2});
}

/// How much each image takes, how much only it takes, and what no image takes.
class Usage {
public:
    explicit Usage(const Store& store) {
        for (const auto& [name, root] : store.names())
            for (const auto& [digest, size] :
                 images_.emplace_back(name, blobs_of(store, root)).second)
                ++owners_[digest];
        for (const Digest& digest : store.blobs()) {
            uint64_t size = store.size_of(digest).value_or(0);
            total_ += size;
            if (!owners_.contains(digest))
                unused_ += size;
        }
    }

    void print() const {
        std::vector<std::vector<std::string>> rows{{"IMAGE", "SIZE", "OF IT ALONE"}};
        for (const auto& [name, blobs] : images_)
            rows.push_back({name, human_size(sum(blobs)), human_size(own(blobs))});
        rows.push_back({"(no image: clean removes it)", human_size(unused_), human_size(unused_)});
        rows.push_back({"all", human_size(total_)});
        print_table(rows, {1, 2});
    }

    void print_json() const {
        nlohmann::ordered_json document;
        document["images"] = nlohmann::ordered_json::array();
        for (const auto& [name, blobs] : images_)
            document["images"].push_back(
                {{"name", name}, {"size", sum(blobs)}, {"unique", own(blobs)}});
        document["unused"] = unused_;
        document["total"] = total_;
        fmt::print("{}\n", document.dump(2));
    }

private:
    uint64_t own(const Blobs& blobs) const {
        uint64_t total = 0;
        for (const auto& [digest, size] : blobs)
            total += owners_.at(digest) == 1 ? size : 0;
        return total;
    }

    std::vector<std::pair<std::string, Blobs>> images_;
    std::map<Digest, int> owners_;
    uint64_t total_ = 0;
    uint64_t unused_ = 0;
};

} // namespace

void add_cache_list(CLI::App& cache, Globals& globals) {
    auto& output = globals.keep<std::string>();
    auto& command = add_command(cache, "ls", "list the images in the cache",
                                "  coracle cache ls\n"
                                "  coracle cache ls --output json\n");
    add_output_option(command, output);
    command.callback([&] { list(globals.cache, output == "json"); });
}

void add_cache_usage(CLI::App& cache, Globals& globals) {
    auto& output = globals.keep<std::string>();
    auto& command =
        add_command(cache, "du", "tell how much space each image takes", "  coracle cache du\n");
    add_output_option(command, output);
    command.callback([&] {
        Usage usage{Store(globals.cache)};
        output == "json" ? usage.print_json() : usage.print();
    });
}

} // namespace coracle
