// SPDX-License-Identifier: Apache-2.0
#include "format/tree_image.h"

#include <algorithm>
#include <chrono>
#include <future>

#include "archive/tree.h"
#include "base/error.h"
#include "base/file.h"
#include "disk/guid.h"
#include "filesystem/erofs.h"
#include "filesystem/ext4.h"
#include "filesystem/iso9660.h"
#include "filesystem/squashfs.h"
#include "format/kernel_facts.h"
#include "rootfs/key.h"

namespace coracle {

namespace {

/// Part of the names of images in the cache: to be changed with what the writers write.
constexpr std::string_view version = "1";

std::vector<const Component*> components_of(const Rootfs& rootfs, bool boot_files) {
    std::vector<const Component*> list;
    for (const auto& component : rootfs.components())
        if (boot_files || dynamic_cast<const BootComponent*>(component.get()) == nullptr)
            list.push_back(component.get());
    return list;
}

struct Gathered {
    EntrySpool spool;
    double seconds;
};

Gathered gather(const Component& component, const FormatInput& input) {
    Task task(input.reporter, fmt::format("{:<14} {}", component.location(), component.title()));
    task.listed();
    auto began = std::chrono::steady_clock::now();
    EntrySpool spool(unnamed_file(input.cache.directory()));
    within([&] { return fmt::format("while making {}", component.location()); },
           [&] {
               component.emit(spool);
               spool.finish();
           });
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    return {std::move(spool), took.count()};
}

/// Threads gather components, which are laid over each other in their order.
GatheredTree gather_tree(const FormatInput& input, bool boot_files) {
    auto components = components_of(input.rootfs, boot_files);
    std::vector<std::future<Gathered>> futures(components.size());
    auto wait = [&] {
        for (auto& future : futures)
            if (future.valid())
                future.wait();
    };
    auto begin = [&](bool last) {
        for (size_t i = 0; i < components.size(); ++i)
            if (components[i]->comes_last() == last)
                futures[i] = input.pool.submit(
                    [component = components[i], &input] { return gather(*component, input); });
        wait(); // also before an exception leaves: they refer to `input`
    };
    begin(false);
    begin(true);
    GatheredTree result;
    for (size_t i = 0; i < components.size(); ++i) {
        Gathered gathered = futures[i].get();
        SegmentFacts facts{gathered.spool.bytes(), gathered.spool.bytes(),
                           gathered.spool.entries().size()};
        result.components.push_back(
            {components[i]->location(), components[i]->title(), facts, false, gathered.seconds});
        result.tree.take(std::move(gathered.spool));
    }
    return result;
}

/// What the kernel of the system can surely read.
struct Abilities {
    Compression squashfs = Compression::gzip;
    bool erofs_clusters = true;
};

Abilities abilities(const FormatInput& input) {
    if (input.rootfs.kernel() == nullptr)
        return {};
    return {squashfs_compression(*input.rootfs.kernel(), input.cache),
            reads_packed_erofs(*input.rootfs.kernel(), input.cache)};
}

uint64_t write_image(const FormatInput& input, const TreeImageOptions& options, const Tree& tree,
                     int fd, const Abilities& kernel) {
    auto common = [&](ImageOptions& image) {
        image.uuid = Guid::derive(tree_key(input.rootfs, options)).in_order();
        image.time = generated_time();
        image.threads = input.pool.size();
        image.reporter = &input.reporter;
    };
    switch (options.format) {
    case TreeFormat::squashfs: {
        SquashfsOptions image;
        common(image);
        image.compression = kernel.squashfs;
        return write_squashfs(tree, fd, image);
    }
    case TreeFormat::erofs: {
        ErofsOptions image;
        common(image);
        image.compress = kernel.erofs_clusters;
        return write_erofs(tree, fd, image);
    }
    case TreeFormat::iso9660: {
        IsoOptions image;
        common(image);
        return write_iso9660(tree, fd, image);
    }
    case TreeFormat::ext4: break;
    }
    Ext4Options image;
    common(image);
    image.size = options.size;
    return write_ext4(tree, fd, image);
}

} // namespace

std::string_view name_of(TreeFormat format) {
    switch (format) {
    case TreeFormat::squashfs: return "squashfs";
    case TreeFormat::erofs: return "erofs";
    case TreeFormat::iso9660: return "iso9660";
    case TreeFormat::ext4: break;
    }
    return "ext4";
}

std::string tree_key(const Rootfs& rootfs, const TreeImageOptions& options) {
    KeyBuilder key("tree image");
    key.add(version).add(name_of(options.format)).add(options.size);
    key.add(static_cast<uint64_t>(generated_time()));
    for (const auto* component : components_of(rootfs, options.boot_files))
        key.add(component->key());
    return key.hex();
}

Segment make_tree_image(const FormatInput& input, const TreeImageOptions& options,
                        std::vector<ComponentResult>& results) {
    Abilities kernel = abilities(input);
    std::string name = fmt::format("{} {} {}", tree_key(input.rootfs, options),
                                   name_of(kernel.squashfs), kernel.erofs_clusters);
    std::vector<ComponentResult> gathered;
    Segment segment = input.cache.obtain(name, [&] {
        const GatheredTree& root =
            input.shared.part(options.boot_files ? "all" : "without boot files",
                              [&] { return gather_tree(input, options.boot_files); });
        gathered = root.components;
        Task task(input.reporter, fmt::format("{} image", name_of(options.format)));
        Fd file = unnamed_file(input.cache.directory());
        uint64_t size = write_image(input, options, root.tree, file.get(), kernel);
        SegmentFacts facts{size, 0, 0};
        for (const auto& component : gathered) {
            facts.unpacked += component.facts.unpacked;
            facts.entries += component.facts.entries;
        }
        return input.cache.adopt(name, std::move(file), facts);
    });
    if (gathered.empty())
        gathered.push_back({"root", fmt::format("{} image", name_of(options.format)), segment.facts,
                            !segment.shared, 0, segment.fetched && !segment.shared});
    results.insert(results.end(), gathered.begin(), gathered.end());
    return segment;
}

} // namespace coracle
