// SPDX-License-Identifier: Apache-2.0
#include "rootfs/rootfs.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "rootfs/bundle.h"
#include "rootfs/files.h"
#include "rootfs/images.h"
#include "rootfs/oci_volume.h"
#include "rootfs/root_tree.h"
#include "rootfs/sbom.h"
#include "rootfs/skeleton.h"

namespace coracle {

struct Rootfs::Plan {
    Plan(const Spec& spec_, const Store& store, const RootfsOptions& options_)
        : spec(spec_), options(options_), images(store, options_.platform, options_.resolve),
          ids(make_ids(spec)), volumes(make_volumes(spec)) {}

    void make();
    void add_volumes();
    void add_entries(const char* section, const std::vector<ImageEntry>& entries);
    void add_container(const std::string& location, const ImageEntry& entry, TreePath directory);
    void add_bundle(const ResolvedImage* image, BundleParts parts);
    void add_root_tree();
    void add_sbom();
    std::set<TreePath> files_below(const TreePath& directory) const;

    const Spec& spec;
    RootfsOptions options;
    PackageNotes notes;
    LayerReading reading{options.limits, &notes};
    Images images;
    IdMap ids;
    VolumeMap volumes;
    std::unique_ptr<Skeleton> skeleton = std::make_unique<Skeleton>(options.time);
    std::vector<FileItem> files;
    std::unique_ptr<Kernel> kernel;
    std::unique_ptr<RootTree> root;
    std::vector<BundleComponent*> bundles;
    std::vector<std::unique_ptr<Component>> volumes_and_containers;
    std::vector<std::unique_ptr<Component>> components;
    std::vector<Container> containers;
    /// Where an image's files are that a container has already: full name -> directory.
    std::map<std::string, std::string> stored;
    std::vector<SbomImage> sbom_images;
};

Rootfs::Rootfs(const Spec& spec, const Store& store, const RootfsOptions& options)
    : plan_(std::make_unique<Plan>(spec, store, options)) {
    plan_->make();
}
Rootfs::~Rootfs() = default;

const std::vector<std::unique_ptr<Component>>& Rootfs::components() const {
    return plan_->components;
}
const Kernel* Rootfs::kernel() const { return plan_->kernel.get(); }
const std::vector<Container>& Rootfs::containers() const { return plan_->containers; }

void Rootfs::Plan::make() {
    files = plan_files(spec, ids, options.time);
    if (spec.kernel && spec.kernel->image) {
        const ResolvedImage& image = images.get(*spec.kernel->image);
        kernel = std::make_unique<Kernel>(images.store(), image, *spec.kernel,
                                          options.decompress_kernel, reading);
        components.push_back(
            std::make_unique<BootComponent>(*kernel, options.time, files_below(TreePath("boot"))));
        sbom_images.push_back({&image, TreePath()});
    }
    for (const auto& name : each(spec.init))
        sbom_images.push_back({&images.get(name), TreePath()});
    add_volumes();
    add_entries("onboot", each(spec.onboot));
    add_entries("onshutdown", each(spec.onshutdown));
    add_entries("services", each(spec.services));
    skeleton->seal();
    add_root_tree();
    add_sbom();
}

std::set<TreePath> Rootfs::Plan::files_below(const TreePath& directory) const {
    std::set<TreePath> paths;
    for (const auto& item : files)
        if (directory.contains(item.entry.path) && !item.entry.is_directory())
            paths.insert(item.entry.path);
    return paths;
}

void Rootfs::Plan::add_bundle(const ResolvedImage* image, BundleParts parts) {
    parts.time = options.time;
    parts.reading = reading;
    parts.without = files_below(parts.directory);
    if (image != nullptr && !parts.files_in.empty())
        sbom_images.push_back({image, parts.directory / parts.files_in});
    auto bundle = std::make_unique<BundleComponent>(images.store(), image, std::move(parts));
    skeleton->claim(bundle->directory(), bundle->provenance());
    bundles.push_back(bundle.get());
    volumes_and_containers.push_back(std::move(bundle));
}

void Rootfs::Plan::add_volumes() {
    size_t number = 0;
    for (const auto& volume : each(spec.volumes)) {
        BundleParts parts;
        parts.location = fmt::format("volume[{}]", number++);
        parts.title = "volume " + volume.name;
        parts.directory = TreePath("containers/volumes") / volume.name;
        parts.files_in = "lower";
        parts.system_rules = true;
        parts.directories = {"tmp", "merged"};
        parts.directories_source = "linuxkit.volumes";
        parts.source = "empty";
        const ResolvedImage* image = nullptr;
        if (volume.image && !volume.image->empty()) {
            if (volume.is_oci()) {
                auto oci = std::make_unique<OciVolume>(images, volume, parts, options.time);
                skeleton->claim(oci->directory(), oci->provenance());
                volumes_and_containers.push_back(std::move(oci));
                continue;
            }
            image = &images.get(*volume.image);
            parts.source = source_name(image->reference);
        }
        add_bundle(image, std::move(parts));
    }
}

void Rootfs::Plan::add_entries(const char* section, const std::vector<ImageEntry>& entries) {
    bool numbered = std::string_view(section) != "services";
    for (size_t i = 0; i < entries.size(); ++i) {
        const ImageEntry& entry = entries[i];
        std::string name = numbered ? fmt::format("{:03}-{}", i, entry.name) : entry.name;
        std::string location = fmt::format("{}[{}]", section, i);
        within([&] { return fmt::format("for {} '{}'", location, entry.name); },
               [&] { add_container(location, entry, TreePath("containers") / section / name); });
    }
}

namespace {

/// The text of the profile that entry or label name, or "".
std::string read_seccomp_profile(const ImageEntry& entry, const ImageDefaults& image) {
    constexpr uint64_t most = 4 << 20;
    auto path = seccomp_path(effective_entry(entry, image));
    return path ? read_file(*path, most) : "";
}

} // namespace

void Rootfs::Plan::add_container(const std::string& location, const ImageEntry& entry,
                                 TreePath directory) {
    const ResolvedImage& image = images.get(entry.image);
    std::string source = source_name(image.reference);
    ImageDefaults defaults = defaults_of(image);
    bool readonly = is_readonly(entry, defaults);
    std::string own = readonly ? "rootfs" : "lower";
    std::string bundle = "/" + directory.str();
    uint32_t first_id = first_private_id(entry, defaults, ids);
    // Files of other owners are other files.
    std::string owned = first_id == 0 ? source : fmt::format("{} for {}", source, first_id);
    auto [at, first] = stored.try_emplace(owned, bundle + "/" + own);
    ContainerConfig config = make_container_config({entry,
                                                    defaults,
                                                    ids,
                                                    volumes,
                                                    {bundle, first ? "" : at->second},
                                                    &spec.sources,
                                                    read_seccomp_profile(entry, defaults)});

    BundleParts parts;
    parts.location = location;
    parts.title = fmt::format("{} ({})", entry.name, image.reference.familiar());
    parts.source = source;
    parts.directory = std::move(directory);
    parts.files_in = first ? own : "";
    parts.first_id = first_id;
    parts.files = {{"config.json", config.config_json}, {"runtime.json", config.runtime_json}};
    if (!readonly)
        parts.directories = {"tmp", "rootfs"};
    else if (!first)
        parts.directories = {"rootfs"};
    add_bundle(&image, std::move(parts));
    containers.push_back({location, entry.name, source, std::move(config)});
}

void Rootfs::Plan::add_root_tree() {
    RootTreeParts parts;
    parts.kernel = kernel && kernel->has_modules() ? kernel.get() : nullptr;
    for (const auto& name : each(spec.init))
        parts.init.push_back(&images.get(name));
    for (const auto* bundle : bundles)
        if (std::ranges::any_of(files, [&](const FileItem& item) {
                return bundle->directory().contains(item.entry.path);
            }))
            parts.entered.push_back(bundle);
    parts.foreign.assign(skeleton->bundles().begin(), skeleton->bundles().end());
    if (kernel)
        for (const char* path : {"boot/cmdline", "boot/kernel", "boot/ucode.cpio"})
            parts.foreign.emplace_back(path);
    if (!options.sbom_name.empty()) {
        TreePath sbom(options.sbom_name);
        if (std::ranges::any_of(files, [&](const auto& item) { return item.entry.path == sbom; }))
            options.sbom_name.clear(); // the specification brings its own
        else
            parts.foreign.push_back(std::move(sbom));
    }
    parts.files = std::move(files);
    parts.skeleton = skeleton.get();
    parts.time = options.time;
    parts.reading = reading;
    bool has_files = !parts.files.empty();
    root = std::make_unique<RootTree>(images.store(), std::move(parts));
    auto tree = root->components();
    auto last = has_files ? tree.end() - 1 : tree.end();
    std::move(tree.begin(), last, std::back_inserter(components));
    if (!skeleton->empty())
        components.push_back(std::move(skeleton));
    std::ranges::move(volumes_and_containers, std::back_inserter(components));
    std::move(last, tree.end(), std::back_inserter(components));
}

void Rootfs::Plan::add_sbom() {
    if (options.sbom_name.empty())
        return;
    SbomOptions sbom;
    sbom.name = options.sbom_name;
    sbom.format = options.sbom_format;
    sbom.time = options.time;
    sbom.reading = reading;
    sbom.notes = &notes;
    sbom.created = options.sbom_created;
    sbom.remember = options.remember;
    components.push_back(
        std::make_unique<SbomComponent>(images.store(), sbom_images, std::move(sbom)));
}

int64_t generated_time() {
    const char* text = std::getenv("SOURCE_DATE_EPOCH");
    if (text == nullptr || *text == '\0')
        return 1492533000;
    auto value = parse_number(text);
    if (!value || *value > uint64_t{1} << 40)
        throw Error("SOURCE_DATE_EPOCH is '{}', which is not a number of seconds", text);
    return static_cast<int64_t>(*value);
}

} // namespace coracle
