// SPDX-License-Identifier: Apache-2.0
#include "format/system_facts.h"

#include "base/text.h"
#include "format/verity_root.h"
#include "rootfs/key.h"
#include "rootfs/sbom.h"

namespace coracle {

namespace {

constexpr uint64_t most_os_release = 64 << 10;

/// Keeps the content of one file, the last of its names that comes by.
class FileFinder : public EntrySink {
public:
    using EntrySink::add;
    void add(const Entry& entry, Source& content) override {
        const std::string& path = entry.path.str();
        bool named = path == "etc/os-release" || path == "usr/lib/os-release";
        if (named && entry.type == EntryType::regular && entry.size <= most_os_release)
            found = read_all(content, most_os_release);
    }
    std::string found;
};

/// Keeps the content of whatever comes by.
class ContentKeeper : public EntrySink {
public:
    using EntrySink::add;
    void add(const Entry& entry, Source& content) override {
        if (entry.type == EntryType::regular)
            text = read_all(content, entry.size + 1);
    }
    std::string text;
};

/// As the boot loader wants to know it of each of two slots.
std::string with_version(const std::string& os_release, const std::string& version) {
    std::string text;
    for (const auto& line : split(os_release, '\n'))
        if (!line.empty() && !line.starts_with("IMAGE_VERSION="))
            text += line + "\n";
    return text + "IMAGE_VERSION=" + version + "\n";
}

std::string found_os_release(const FormatInput& input) {
    std::vector<const Component*> components;
    KeyBuilder key("os-release");
    for (const auto& component : input.rootfs.components())
        if (component->location().starts_with("init[") || component->location() == "files") {
            components.push_back(component.get());
            key.add(component->key());
        }
    std::string text = input.cache.remember(key.hex(), [&] {
        FileFinder finder;
        for (const auto* component : components)
            component->emit(finder);
        return finder.found;
    });
    if (!text.empty())
        return text;
    std::string name = input.base.substr(input.base.rfind('/') + 1);
    std::erase_if(name, [](char c) { return c == '"' || c == '\\' || c == '$' || c == '`'; });
    return fmt::format("ID=linux\nNAME=\"{0}\"\nPRETTY_NAME=\"{0}\"\n", name);
}

} // namespace

std::string system_identity(const FormatInput& input) {
    KeyBuilder key("system");
    if (const Kernel* kernel = input.rootfs.kernel()) {
        key.add(kernel->image().descriptor.digest.str()).add(kernel->spec().binary_name());
        key.add(kernel->spec().ucode.value_or("")).add(kernel->unpack() ? 1 : 0);
        key.add(kernel->cmdline());
    }
    for (const auto& component : input.rootfs.components())
        key.add(component->key());
    return key.hex();
}

std::string os_release(const FormatInput& input) {
    std::string text = found_os_release(input);
    return input.disk.two_slots ? with_version(text, system_version(input)) : text;
}

std::optional<std::string> bill_of_materials(const FormatInput& input) {
    for (const auto& component : input.rootfs.components())
        if (dynamic_cast<const SbomComponent*>(component.get()) != nullptr) {
            ContentKeeper keeper;
            component->emit(keeper);
            return keeper.text;
        }
    return std::nullopt;
}

} // namespace coracle
