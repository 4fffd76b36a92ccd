// SPDX-License-Identifier: Apache-2.0
#include "build/system_artifact.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "format/format.h"
#include "oci/media_types.h"

namespace coracle {

namespace {

namespace fs = std::filesystem;

constexpr size_t most_files = 64;
constexpr size_t longest_name = 200;

constexpr std::array<std::pair<std::string_view, std::string_view>, 17> media_types = {{
    {"-kernel", "application/vnd.coracle.kernel.v1"},
    {"-vmlinux", "application/vnd.coracle.kernel.v1"},
    {"-initrd.img", "application/vnd.coracle.initrd.v1"},
    {"-cmdline", "text/plain"},
    {"-squashfs.img", "application/vnd.squashfs"},
    {"-erofs.img", "application/vnd.coracle.erofs.v1"},
    {"-ext4.img", "application/vnd.coracle.ext4.v1"},
    {".json", "application/json"},
    {".iso", "application/x-iso9660-image"},
    {".efi", "application/vnd.microsoft.portable-executable"},
    {".qcow2", "application/x-qemu-disk"},
    {".vmdk", "application/x-vmdk"},
    {".vhd", "application/x-vhd"},
    {".vhdx", "application/x-vhdx"},
    {".tar.gz", "application/gzip"},
    {".tar", "application/x-tar"},
    {".img", "application/x-raw-disk-image"},
}};

/// What stands behind NAME in the table of formats: "-kernel", "-initrd.img".
std::set<std::string> endings() {
    std::set<std::string> result;
    for (const Format& format : formats())
        for (const std::string& file : split(format.files, ','))
            result.emplace(trim(file).substr(std::string_view("NAME").size()));
    return result;
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// "redis-os" of "out/redis-os-efi.img".
std::string name_of_file(const std::string& path) {
    std::string name = base_name(path);
    std::string longest;
    for (const std::string& ending : endings())
        if (name.ends_with(ending) && ending.size() > longest.size() && ending.size() < name.size())
            longest = ending;
    return name.substr(0, name.size() - longest.size());
}

bool is_file_name(const std::string& title) {
    return !title.empty() && title.size() <= longest_name && title[0] != '.' &&
           std::ranges::none_of(title, [](char c) {
               return c == '/' || static_cast<unsigned char>(c) < ' ' || c == 127;
           });
}

} // namespace

SystemFiles find_outputs(const std::vector<std::string>& outputs) {
    SystemFiles found;
    for (const std::string& output : outputs) {
        size_t before = found.paths.size();
        std::string name = base_name(output);
        if (fs::is_regular_file(output)) {
            found.paths.push_back(output);
            name = name_of_file(output);
        } else {
            for (const std::string& ending : endings())
                if (fs::is_regular_file(output + ending))
                    found.paths.push_back(output + ending);
        }
        if (found.paths.size() == before)
            throw Error("'{}' is neither a file nor the name of a build", output)
                .hint("coracle build --name NAME --dir DIRECTORY, then --outputs DIRECTORY/NAME");
        if (found.name.empty())
            found.name = name;
    }
    std::ranges::sort(found.paths, {}, base_name);
    for (size_t i = 1; i < found.paths.size(); ++i)
        if (base_name(found.paths[i]) == base_name(found.paths[i - 1]))
            throw Error("'{}' and '{}' have the same name", found.paths[i - 1], found.paths[i]);
    if (found.paths.size() > most_files)
        throw Error("{} files are more than the {} a system may have", found.paths.size(),
                    most_files);
    return found;
}

std::string_view output_media_type(std::string_view name) {
    auto found = std::ranges::find_if(
        media_types, [&](const auto& entry) { return name.ends_with(entry.first); });
    return found == media_types.end() ? "application/octet-stream" : found->second;
}

void check_system(const Manifest& manifest, const std::string& reference) {
    if (manifest.artifact_type != media_type::system)
        throw Error("'{}' is {}, not a built system", reference,
                    manifest.artifact_type.empty()
                        ? "an image"
                        : fmt::format("an artifact of type '{}'",
                                      printable(manifest.artifact_type.substr(0, 200))))
            .hint("coracle cache push --outputs NAME REFERENCE makes one; coracle cache pull is "
                  "for images");
    if (manifest.layers.empty() || manifest.layers.size() > most_files)
        throw Error("'{}' has {} files; a built system has 1 to {}", reference,
                    manifest.layers.size(), most_files);
    std::set<std::string> seen;
    for (const Descriptor& layer : manifest.layers) {
        std::string title = layer.annotation(annotation::title);
        if (!is_file_name(title))
            throw Error("'{}' would write to '{}', which is no name of a file", reference,
                        printable(title.substr(0, longest_name)));
        if (!seen.insert(title).second)
            throw Error("'{}' has two files '{}'", reference, title);
    }
}

std::string system_name(const Manifest& manifest) {
    auto found = manifest.annotations.find(annotation::system_name);
    return found == manifest.annotations.end() ? "" : found->second;
}

std::vector<std::string> file_names(const Manifest& manifest, const std::string& name) {
    std::vector<std::string> names;
    std::string own = system_name(manifest);
    for (const Descriptor& layer : manifest.layers) {
        std::string title = layer.annotation(annotation::title);
        if (!name.empty() && !own.empty() && title.starts_with(own))
            title = name + title.substr(own.size());
        if (!is_file_name(title))
            throw Error("'{}' is no name of a file", printable(title));
        if (std::ranges::find(names, title) != names.end())
            throw Error("two files would be called '{}'", title).hint("another --name");
        names.push_back(std::move(title));
    }
    return names;
}

} // namespace coracle
