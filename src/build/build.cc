// SPDX-License-Identifier: Apache-2.0
#include "build/build.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <future>
#include <mutex>

#include <unistd.h>

#include "base/error.h"
#include "base/limit_error.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "build/bring_images.h"
#include "build/efi_programs.h"
#include "build/remote_segments.h"
#include "build/summary.h"
#include "format/outputs.h"
#include "format/system_facts.h"
#include "registry/fetch.h"
#include "spec/read.h"
#include "store/store.h"

namespace coracle {

namespace {

std::vector<const Format*> chosen_formats(const BuildOptions& options) {
    std::vector<const Format*> chosen;
    for (const auto& name : options.formats) {
        const Format& format = format_named(name);
        if (std::ranges::find(chosen, &format) == chosen.end())
            chosen.push_back(&format);
    }
    if (chosen.empty())
        chosen.push_back(&format_named(options.output.empty() ? "kernel+initrd" : "tar"));
    auto streamed = std::ranges::find_if(chosen, &Format::streamed);
    if (streamed != chosen.end() && chosen.size() > 1)
        throw UsageError("the format '{}' is streamed and cannot be combined with others",
                         (*streamed)->name);
    if (!options.output.empty() && streamed == chosen.end())
        throw UsageError("-o is for the formats tar and docker, not for '{}'", chosen.front()->name)
            .hint("--name and --dir say where its files go");
    return chosen;
}

std::string base_of(const BuildOptions& options) {
    std::string name = output_name(options);
    return options.directory.empty() ? name : options.directory + "/" + name;
}

RootfsOptions rootfs_options(const BuildOptions& options) {
    RootfsOptions result;
    result.platform = options.platform;
    result.time = generated_time();
    result.sbom_name = options.sbom ? options.sbom_name : "";
    result.sbom_format = options.sbom_format;
    result.decompress_kernel = options.decompress_kernel;
    result.limits = options.limits.layers;
    if (options.sbom_current_time)
        result.sbom_created = rfc3339(std::time(nullptr));
    return result;
}

constexpr unsigned most_side_by_side = 4; ///< each needs some memory

/// What became of the components, for each format.
std::vector<std::vector<ComponentResult>>
make_side_by_side(const std::vector<const Format*>& chosen, const FormatInput& input,
                  Outputs& outputs) {
    std::vector<std::vector<ComponentResult>> results(chosen.size());
    std::vector<std::future<void>> done;
    std::atomic<bool> failed = false;
    ThreadPool threads(
        std::min({most_side_by_side, input.pool.size(), static_cast<unsigned>(chosen.size())}));
    for (size_t i = 0; i < chosen.size(); ++i)
        done.push_back(threads.submit([&, format = chosen[i], &mine = results[i]] {
            if (failed)
                return; // there is no point in beginning with it
            try {
                within([&] { return fmt::format("while making format {}", format->name); },
                       [&] { format->make(input, outputs, mine); });
            } catch (...) {
                failed = true;
                throw;
            }
        }));
    for (auto& one : done)
        one.wait();
    for (auto& one : done)
        one.get();
    return results;
}

void make_formats(const BuildOptions& options, const std::vector<const Format*>& chosen,
                  FormatInput input, BuildResult& result) {
    Outputs outputs;
    FileSink standard_output(STDOUT_FILENO, "standard output");
    if (options.output == "-")
        input.stream = &standard_output;
    else if (!options.output.empty())
        input.stream = &outputs.create(options.output);
    for (auto& components : make_side_by_side(chosen, input, outputs))
        if (result.components.empty()) // formats share them; each is told of once
            result.components = std::move(components);
    if (!options.sbom_file.empty())
        if (auto bill = bill_of_materials(input))
            outputs.create(options.sbom_file).write(*bill);
    standard_output.finish();
    result.outputs = outputs.commit();
    input.cache.trim();
}

} // namespace

std::string output_name(const BuildOptions& options) {
    if (!options.name.empty())
        return options.name;
    const std::string& last = options.files.back();
    if (last == "-")
        return "image";
    std::string name = last.substr(last.rfind('/') + 1);
    auto dot = name.rfind('.');
    return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

Spec read_build_spec(const BuildOptions& options) {
    ReadOptions reading;
    reading.strict_linuxkit = options.strict_linuxkit;
    reading.allow_host_files = options.allow_host_files;
    reading.max_values = options.limits.values;
    reading.fetch = [&](const std::string& url) {
        return fetch_text(url, options.registry, max_spec_size);
    };
    return read_specs(options.files, reading);
}

namespace {

std::unique_ptr<RegistrySegments> remote_segments(const BuildOptions& options) {
    if (options.remote_cache.empty())
        return nullptr;
    return std::make_unique<RegistrySegments>(
        RemoteCacheOptions{.repository = parse_remote_cache(options.remote_cache),
                           // No image says what is in a segment that others made.
                           .take = options.verify.empty(),
                           .give = !options.remote_cache_read_only,
                           .registry = options.registry},
        *options.reporter);
}

BuildResult build_within_limits(const BuildOptions& options) {
    auto began = std::chrono::steady_clock::now();
    auto chosen = chosen_formats(options);
    auto remote = remote_segments(options);
    Spec spec = read_build_spec(options);
    for (const auto& warning : spec.warnings)
        options.reporter->warning(warning);
    for (const auto* format : chosen)
        if (format->needs_kernel && !(spec.kernel && spec.kernel->image))
            throw Error("the format '{}' needs a kernel, and {} names none", format->name,
                        options.files.back())
                .hint("a 'kernel:' section with an 'image:', or --format tar");
    Store store(options.cache);
    auto session = store.session(); // nobody collects what is being built or read
    BuildLock lock(options.lock);
    lock.take_spec(spec, options.files, *options.reporter);
    ImageTable images = bring_images(spec, store, options, lock);
    SegmentCache cache(segment_directory(options.cache));
    if (remote)
        cache.share(*remote);
    RootfsOptions root = rootfs_options(options);
    root.remember = [&](const std::string& key, const std::function<std::string()>& make) {
        return cache.remember(key, make);
    };
    root.resolve = [&](const Reference& reference, const Platform& platform) {
        return images.at(reference, platform);
    };
    Rootfs rootfs(spec, store, root);
    for (const auto& container : rootfs.containers())
        for (const auto& warning : container.config.warnings)
            options.reporter->warning(fmt::format("{}: {}", container.location, warning));
    if (!options.label_privileges)
        refuse_label_privileges(rootfs.containers());
    BuildResult result;
    ThreadPool pool(options.threads);
    std::mutex one_fetches;
    auto fetch_efi_program = [&](const std::string& name) {
        std::lock_guard turn(one_fetches);
        return efi_program_of_package(store, options.platform, name, *options.reporter);
    };
    make_formats(options, chosen,
                 {.rootfs = rootfs,
                  .base = base_of(options),
                  .cache = cache,
                  .pool = pool,
                  .reporter = *options.reporter,
                  .initrd = options.initrd,
                  .platform = options.platform,
                  .disk = options.disk,
                  .fetch_efi_program = fetch_efi_program},
                 result);
    lock.save();
    if (remote)
        remote->send();
    result.containers = rootfs.containers();
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    result.seconds = took.count();
    return result;
}

} // namespace

BuildResult build(const BuildOptions& options) {
    try {
        return build_within_limits(options);
    } catch (LimitError& error) {
        error.hint(fmt::format("--limit {}=NUMBER, if you trust the image", error.limit()));
        throw;
    }
}

} // namespace coracle
