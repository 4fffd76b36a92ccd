// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include <unistd.h>

#include "archive/tar_writer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/rfc3339.h"
#include "disk/virtual_disk.h"
#include "format/format.h"
#include "format/system_disk.h"
#include "format/system_facts.h"
#include "io/hash.h"
#include "rootfs/image_rules.h"

namespace coracle {

namespace {

using Json = nlohmann::ordered_json;
constexpr uint32_t qemu_user = 107; ///< as whom KubeVirt runs its machines

/// A file without a name that has been written, and its size in bytes.
struct Spooled {
    Fd file;
    uint64_t size;
    std::string hash = {}; ///< SHA-256
};

Spooled make_qcow2(const FormatInput& input, const Extents& disk) {
    Fd file = unnamed_file(input.cache.directory());
    RandomAccessFile qcow2(file.get(), "disk.qcow2");
    write_qcow2({disk, system_identity(input), generated_time()}, qcow2);
    off_t size = ::lseek(file.get(), 0, SEEK_END);
    return {std::move(file), static_cast<uint64_t>(size)};
}

/// A layer with the disk as KubeVirt looks for it: the one file below /disk.
Spooled make_layer(const FormatInput& input, const Spooled& disk) {
    Fd file = unnamed_file(input.cache.directory());
    FileSink to_file(file.get(), "layer");
    HashingSink hashing(to_file);
    TarWriter tar(hashing);
    Entry directory = directory_entry(TreePath("disk"), generated_time());
    Entry entry = file_entry(TreePath("disk/disk.qcow2"), disk.size, generated_time());
    entry.mode = 0440;
    for (Entry* each : {&directory, &entry})
        each->uid = each->gid = qemu_user;
    tar.add(directory);
    FileSource content(disk.file.get(), "disk.qcow2", 0, disk.size);
    tar.add(entry, content);
    tar.finish();
    return {std::move(file), hashing.count(), hashing.hex()};
}

Json descriptor(const char* media_type, const std::string& hash, uint64_t size) {
    return {{"mediaType", media_type}, {"digest", "sha256:" + hash}, {"size", size}};
}

/// The name that the image has in the archive: what of the output's name a reference can hold.
std::string image_name(const FormatInput& input) {
    std::string name = input.base.substr(input.base.rfind('/') + 1);
    std::ranges::transform(name, name.begin(), [](char c) {
        bool upper = c >= 'A' && c <= 'Z';
        bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        return upper ? static_cast<char>(c - 'A' + 'a') : allowed ? c : '-';
    });
    name.erase(0, name.find_first_not_of('-'));
    name.erase(name.find_last_not_of('-') + 1);
    return (name.empty() ? "disk" : name) + ":latest";
}

Json image_config(const FormatInput& input, const Spooled& layer) {
    Json config = {{"created", rfc3339(generated_time())},
                   {"architecture", input.platform.architecture},
                   {"os", input.platform.os},
                   {"config", Json::object()},
                   {"rootfs", {{"type", "layers"}, {"diff_ids", {"sha256:" + layer.hash}}}}};
    if (!input.platform.variant.empty())
        config["variant"] = input.platform.variant;
    return config;
}

/// An OCI image layout as a tar.
void write_archive(const FormatInput& input, const Spooled& layer, Sink& sink) {
    TarWriter tar(sink);
    auto add = [&](const std::string& name, const std::string& text) {
        tar.add(file_entry(TreePath(name), text.size(), generated_time()), text);
    };
    std::string config = image_config(input, layer).dump();
    Json manifest = {{"schemaVersion", 2},
                     {"mediaType", "application/vnd.oci.image.manifest.v1+json"},
                     {"config", descriptor("application/vnd.oci.image.config.v1+json",
                                           sha256_hex(config), config.size())},
                     {"layers", Json::array({descriptor("application/vnd.oci.image.layer.v1.tar",
                                                        layer.hash, layer.size)})}};
    std::string manifest_text = manifest.dump();
    Json entry = descriptor("application/vnd.oci.image.manifest.v1+json", sha256_hex(manifest_text),
                            manifest_text.size());
    entry["platform"] = {{"architecture", input.platform.architecture}, {"os", input.platform.os}};
    entry["annotations"] = {{"org.opencontainers.image.ref.name", image_name(input)}};
    Json index = {{"schemaVersion", 2},
                  {"mediaType", "application/vnd.oci.image.index.v1+json"},
                  {"manifests", Json::array({entry})}};

    for (const char* directory : {"blobs", "blobs/sha256"})
        tar.add(directory_entry(TreePath(directory), generated_time()));
    add("blobs/sha256/" + sha256_hex(config), config);
    add("blobs/sha256/" + sha256_hex(manifest_text), manifest_text);
    FileSource content(layer.file.get(), "layer", 0, layer.size);
    tar.add(file_entry(TreePath("blobs/sha256/" + layer.hash), layer.size, generated_time()),
            content);
    add("index.json", index.dump());
    add("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
    tar.finish();
}

} // namespace

void make_containerdisk(const FormatInput& input, Outputs& outputs,
                        std::vector<ComponentResult>& results) {
    const Extents& disk = system_disk(input, usual_firmware(input.platform), results);
    Spooled layer = make_layer(input, make_qcow2(input, disk));
    write_archive(input, layer, outputs.create(input.base + "-containerdisk.tar"));
}

} // namespace coracle
