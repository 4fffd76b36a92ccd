// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/kernel_image.h"

#include <algorithm>
#include <map>
#include <set>

#include "archive/tar_writer.h"
#include "base/error.h"
#include "base/text.h"
#include "io/compress.h"
#include "io/file_io.h"
#include "io/memory.h"
#include "pkgbuild/glob.h"
#include "pkgbuild/module_index.h"

namespace coracle {

namespace {

constexpr uint64_t module_limit = 64 << 20;

/// Appends what is written to the spool.
class SpoolSink : public Sink {
public:
    SpoolSink(FileSpool& spool, std::string name)
        : spool_(spool), slice_(spool.append("", std::move(name))) {}
    void write(std::string_view data) override {
        spool_.append(data, "");
        slice_.size += data.size();
    }
    const FileSlice& slice() const { return slice_; }

private:
    FileSpool& spool_;
    FileSlice slice_;
};

/// Debian's kernel in a tree of files.
class DebianKernel {
public:
    explicit DebianKernel(const DebianFiles& files);

    const std::string& version() const { return version_; }
    const TreeItem& image() const { return *image_; }
    /// A file of usr/lib/modules/VERSION, or nullptr.
    const TreeItem* file(std::string_view name) const { return files_.tree.find(root_ / name); }
    bool built_in(const std::string& name) const { return built_in_.contains(name); }
    /// The package that the modules are in, which mostly is that of the kernel.
    int modules_origin() const { return modules_origin_; }
    /// Path below usr/lib/modules/VERSION of each module, by name.
    const std::map<std::string, std::string>& modules() const { return modules_; }

private:
    const DebianFiles& files_;
    std::string version_;
    TreePath root_;
    const TreeItem* image_ = nullptr;
    std::map<std::string, std::string> modules_;
    std::set<std::string> built_in_;
    int modules_origin_ = -1;
};

DebianKernel::DebianKernel(const DebianFiles& files) : files_(files) {
    for (const auto& [path, item] : files.tree.items()) {
        std::string_view text = path.str();
        for (std::string_view prefix : {"boot/vmlinuz-", "boot/vmlinux-"}) {
            if (!text.starts_with(prefix) || item.entry.type != EntryType::regular)
                continue;
            if (image_)
                throw Error("the packages hold more than one kernel: '/{}' and '/{}'",
                            image_->entry.path.str(), text);
            image_ = &item;
            version_ = text.substr(prefix.size());
        }
    }
    if (!image_)
        throw Error("the packages hold no kernel: there is no /boot/vmlinuz-*");
    root_ = TreePath("usr/lib/modules") / version_;
    for (const auto& [path, item] : files.tree.items())
        if (root_.contains(path) && path != root_ && item.entry.type == EntryType::regular)
            if (auto name = module_name(path.str()); !name.empty()) {
                modules_[name] = path.str().substr(root_.str().size() + 1);
                modules_origin_ = item.origin;
            }
    if (const auto* list = file("modules.builtin"))
        for (const auto& line : split(list->content.read(0, list->content.size), '\n'))
            built_in_.insert(module_name(line));
}

/// Gathers the wanted modules and what they need.
class ModuleSet {
public:
    ModuleSet(const DebianKernel& kernel, FileSpool& spool) : kernel_(kernel), spool_(spool) {}

    void want(const std::string& pattern, bool optional);
    /// By path.
    std::vector<KernelModule> modules() const;
    const FileSlice& content(const std::string& name) const { return contents_.at(name); }

private:
    void add(const std::string& name);
    const KernelModule& load(const std::string& name, const std::string& path);

    const DebianKernel& kernel_;
    FileSpool& spool_;
    std::map<std::string, KernelModule> loaded_;
    std::map<std::string, FileSlice> contents_;
};

const KernelModule& ModuleSet::load(const std::string& name, const std::string& path) {
    const auto& packed = kernel_.file(path)->content;
    FileSource file(packed.fd, packed.name, packed.offset, packed.size);
    std::string head = packed.read(0, std::min<uint64_t>(6, packed.size));
    auto unpacked = make_decompressor(file, detect_compression(head));
    auto slice = spool_.append_all(*unpacked, module_limit, path);
    auto info = read_elf_section(slice, ".modinfo");
    if (!info)
        throw Error("'{}' is no kernel module: it has no .modinfo", path);
    contents_[name] = slice;
    auto module = parse_modinfo(path.substr(0, path.rfind(".ko") + 3), *info);
    return loaded_[name] = std::move(module);
}

void ModuleSet::add(const std::string& name) {
    std::vector<std::string> left{name};
    while (!left.empty()) {
        auto next = std::move(left.back());
        left.pop_back();
        if (loaded_.contains(next))
            continue;
        auto found = kernel_.modules().find(next);
        if (found == kernel_.modules().end()) {
            if (kernel_.built_in(next))
                continue;
            throw Error("the module '{}' is needed, but the kernel does not have it", next);
        }
        const auto& module = load(next, found->second);
        left.insert(left.end(), module.depends.begin(), module.depends.end());
        for (const auto& soft : module.soft_names())
            if (kernel_.modules().contains(soft))
                left.push_back(soft);
    }
}

void ModuleSet::want(const std::string& pattern, bool optional) {
    if (pattern.find_first_of("*?[/") == pattern.npos) {
        auto name = normal_module_name(pattern);
        if (kernel_.modules().contains(name))
            return add(name);
        if (kernel_.built_in(name) || optional)
            return;
        std::vector<std::string_view> names;
        for (const auto& [known, path] : kernel_.modules())
            names.push_back(known);
        Error error("kernel {} has no module '{}'", kernel_.version(), pattern);
        if (auto meant = did_you_mean(name, names))
            error.hint(fmt::format("did you mean '{}'?", *meant));
        throw error;
    }
    bool any = false;
    for (const auto& [name, path] : kernel_.modules())
        if (std::string_view(path).starts_with("kernel/") &&
            PathGlobs({pattern, pattern + ".ko*"}).match(std::string_view(path).substr(7))) {
            any = true;
            add(name);
        }
    if (!any && !optional)
        throw Error("no module of kernel {} fits '{}'", kernel_.version(), pattern);
}

std::vector<KernelModule> ModuleSet::modules() const {
    std::vector<KernelModule> modules;
    for (const auto& [name, module] : loaded_)
        modules.push_back(module);
    std::ranges::sort(modules, {}, &KernelModule::path);
    return modules;
}

TreeItem make_item(TreePath path, const FileSlice& content, int64_t mtime, int origin = -1) {
    TreeItem item;
    item.entry.path = std::move(path);
    item.entry.mtime = mtime;
    item.entry.size = content.size;
    item.content = content;
    item.origin = origin;
    return item;
}

/// The lines of modules.order that are about modules we have.
std::string shortened_order(const std::string& text, std::span<const KernelModule> modules) {
    std::set<std::string> paths;
    for (const auto& module : modules)
        paths.insert(module.path);
    std::string shortened;
    for (const auto& line : split(text, '\n'))
        if (size_t end = line.rfind(".ko");
            end != line.npos && paths.contains(line.substr(0, end + 3)))
            shortened += line + "\n";
    return shortened;
}

ImageTree module_tree(const DebianKernel& kernel, const ModuleSet& set, FileSpool& spool) {
    int64_t mtime = kernel.image().entry.mtime;
    TreePath root = TreePath("lib/modules") / kernel.version();
    auto modules = set.modules();
    ImageTree tree;
    for (const auto& module : modules)
        tree.add(make_item(root / module.path, set.content(module.name), mtime));
    auto add_text = [&](const char* name, const std::string& text) {
        tree.add(make_item(root / name, spool.append(text, name), mtime));
    };
    add_text("modules.dep", modules_dep(modules));
    add_text("modules.alias", modules_alias(modules));
    add_text("modules.softdep", modules_softdep(modules));
    for (const char* name : {"modules.builtin", "modules.builtin.modinfo"})
        if (const auto* item = kernel.file(name))
            tree.add(make_item(root / name, item->content, mtime));
    if (const auto* order = kernel.file("modules.order"))
        add_text("modules.order",
                 shortened_order(order->content.read(0, order->content.size), modules));
    tree.add_parents(mtime);
    return tree;
}

} // namespace

ImageTree make_kernel_image(const DebianFiles& files, const KernelContent& content,
                            FileSpool& spool) {
    DebianKernel kernel(files);
    ModuleSet set(kernel, spool);
    for (const auto& pattern : content.modules)
        set.want(pattern, false);
    for (const auto& pattern : content.optional)
        set.want(pattern, true);
    auto modules = module_tree(kernel, set, spool);
    SpoolSink sink(spool, "kernel.tar");
    TarWriter writer(sink);
    modules.write(writer);
    writer.finish();

    int64_t mtime = kernel.image().entry.mtime;
    ImageTree tree;
    tree.add(make_item(TreePath("kernel"), kernel.image().content, mtime, kernel.image().origin));
    tree.add(make_item(TreePath("kernel.tar"), sink.slice(), mtime, kernel.modules_origin()));
    return tree;
}

} // namespace coracle
