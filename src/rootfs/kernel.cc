// SPDX-License-Identifier: Apache-2.0
#include "rootfs/kernel.h"

#include "archive/tar_reader.h"
#include "base/error.h"
#include "base/text.h"
#include "io/compress.h"
#include "io/peeked_source.h"
#include "rootfs/image_rules.h"
#include "rootfs/images.h"
#include "rootfs/kernel_payload.h"
#include "rootfs/key.h"

namespace coracle {

namespace {

/// A tar that is a file of an image.
class NestedTar : public EntrySource {
public:
    NestedTar(std::unique_ptr<EntrySource> outer, TarLimits limits)
        : outer_(std::move(outer)), tar_(outer_->content(), limits) {}
    std::optional<Entry> next() override { return tar_.next(); }
    Source& content() override { return tar_.content(); }

private:
    std::unique_ptr<EntrySource> outer_;
    TarReader tar_;
};

/// Goes on to a regular file; false when there is none.
bool seek(EntrySource& source, const TreePath& path) {
    while (auto entry = source.next())
        if (entry->path == path && entry->type == EntryType::regular)
            return true;
    return false;
}

} // namespace

const MergedImage& Kernel::tree() const {
    std::call_once(once_, [&] {
        tree_ =
            within([&] { return "while reading kernel image " + source_name(image_.reference); },
                   [&] {
                       return std::make_unique<MergedImage>(store_, image_.manifest.layers,
                                                            TreeChanges{}, reading_);
                   });
    });
    return *tree_;
}

void Kernel::with(const std::string& name, const char* what,
                  const std::function<void(const Entry&, Source&)>& body) const {
    if (tree().with_file(TreePath(name), body))
        return;
    std::vector<std::string> names;
    for (const auto& entry : tree().headers())
        if (entry.type == EntryType::regular && names.size() < 12)
            names.push_back(entry.path.str());
    throw Error("the kernel image {} has no {} '{}'", source_name(image_.reference), what, name)
        .hint(fmt::format("one of its files: {}", join(names, ", ")));
}

void Kernel::with_kernel(const std::function<void(const Entry&, Source&)>& body) const {
    if (!unpack_)
        return with(spec_.binary_name(), "kernel", body);
    // An entry tells its size first: once to count, once to give.
    uint64_t size = 0;
    with(spec_.binary_name(), "kernel",
         [&](const Entry&, Source& packed) { size = skip(*make_kernel_unpacker(packed)); });
    with(spec_.binary_name(), "kernel", [&](const Entry& packed_entry, Source& packed) {
        Entry entry = packed_entry;
        entry.size = size;
        body(entry, *make_kernel_unpacker(packed));
    });
}

void Kernel::with_microcode(const std::function<void(const Entry&, Source&)>& body) const {
    with(spec_.ucode.value_or(""), "microcode", body);
}

namespace {

constexpr uint64_t max_config = 4 << 20;

bool is_config(const Entry& entry) {
    if (entry.type != EntryType::regular || entry.size > max_config)
        return false;
    std::string_view name = entry.path.str();
    if (name.ends_with(".gz"))
        name.remove_suffix(3);
    if (name.starts_with("boot/"))
        name.remove_prefix(5);
    return name == "kernel_config" || name == "kernel-config" || name == ".config" ||
           name == "config" || (name.starts_with("config-") && name.find('/') == name.npos);
}

} // namespace

std::optional<std::string> Kernel::config() const {
    auto source = tree().open();
    while (auto entry = source->next())
        if (is_config(*entry)) {
            PeekedSource packed(source->content());
            return read_all(*make_decompressor(packed, detect_compression(packed.head())),
                            max_config);
        }
    return std::nullopt;
}

std::unique_ptr<EntrySource> Kernel::modules() const {
    auto outer = tree().open();
    std::string name = spec_.tar_name().value();
    if (!seek(*outer, TreePath(name)))
        with(name, "modules", [](const Entry&, Source&) {});
    return std::make_unique<NestedTar>(std::move(outer), reading_.limits.tar);
}

BootComponent::BootComponent(const Kernel& kernel, int64_t time, std::set<TreePath> without)
    : Component("kernel", "boot files"), kernel_(kernel),
      provenance_(make_provenance(source_name(kernel.image().reference), "kernel")), time_(time),
      without_(std::move(without)) {
    KeyBuilder key("boot");
    key.add(kernel.image().descriptor.digest.str()).add(source_name(kernel.image().reference));
    key.add(kernel.cmdline()).add(kernel.spec().binary_name());
    key.add(kernel.unpack() ? 1 : 0)
        .add(kernel.spec().ucode.value_or(""))
        .add(static_cast<uint64_t>(time));
    for (const auto& path : without_)
        key.add(path.str());
    set_key(key.hex());
}

uint64_t BootComponent::weight() const { return layer_bytes(kernel_.image()); }

void BootComponent::emit(EntrySink& sink) const {
    Entry boot = directory_entry(TreePath("boot"), time_);
    boot.provenance = &provenance_;
    sink.add(boot);
    auto put = [&](const char* path, Entry entry, Source& content) {
        entry.path = TreePath(path);
        if (without_.contains(entry.path))
            return;
        entry.mtime = time_;
        entry.uid = entry.gid = 0;
        entry.link_count = 1;
        entry.xattrs.clear();
        entry.provenance = &provenance_;
        sink.add(entry, content);
    };
    std::string cmdline = kernel_.cmdline();
    Entry line = file_entry(TreePath("boot/cmdline"), cmdline.size(), time_);
    line.provenance = &provenance_;
    if (!without_.contains(line.path))
        sink.add(line, cmdline);
    kernel_.with_kernel(
        [&](const Entry& entry, Source& content) { put("boot/kernel", entry, content); });
    if (kernel_.has_microcode())
        kernel_.with_microcode(
            [&](const Entry& entry, Source& content) { put("boot/ucode.cpio", entry, content); });
}

} // namespace coracle
