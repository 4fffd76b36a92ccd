// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/module_index.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"

namespace coracle {

namespace {

using ByName = std::map<std::string, const KernelModule*, std::less<>>;

/// Appends what `module` needs, deepest first. `seen` ends cycles, which a damaged module could
/// have.
void gather(const KernelModule& module, const ByName& by_name, std::set<std::string>& seen,
            std::vector<const KernelModule*>& order) {
    for (const auto& name : module.depends) {
        auto found = by_name.find(name);
        if (found == by_name.end() || !seen.insert(name).second)
            continue;
        gather(*found->second, by_name, seen, order);
        order.push_back(found->second);
    }
}

} // namespace

std::vector<std::string> KernelModule::soft_names() const {
    std::vector<std::string> names;
    for (const auto& softdep : softdeps)
        for (const auto& word : split(softdep, ' '))
            if (!word.empty() && !word.ends_with(':'))
                names.push_back(normal_module_name(word));
    return names;
}

std::string normal_module_name(std::string_view name) {
    std::string normal(name);
    std::ranges::replace(normal, '-', '_');
    return normal;
}

std::string module_name(std::string_view path) {
    path.remove_prefix(path.rfind('/') + 1); // npos + 1 is 0
    size_t end = path.find(".ko");
    if (end == path.npos || end == 0)
        return "";
    auto rest = path.substr(end);
    if (rest != ".ko" && rest != ".ko.xz" && rest != ".ko.zst" && rest != ".ko.gz")
        return "";
    return normal_module_name(path.substr(0, end));
}

KernelModule parse_modinfo(std::string path, std::string_view section) {
    KernelModule module;
    module.name = module_name(path);
    module.path = std::move(path);
    for (const auto& text : split(section, '\0')) {
        size_t equals = text.find('=');
        if (equals == text.npos)
            continue;
        std::string key = text.substr(0, equals), value = text.substr(equals + 1);
        // A line break would let a module write lines of its own into the index files.
        if (value.find('\n') != value.npos)
            continue;
        if (key == "alias")
            module.aliases.push_back(value);
        else if (key == "softdep")
            module.softdeps.push_back(value);
        else if (key == "depends")
            for (const auto& name : split(value, ','))
                if (!name.empty())
                    module.depends.push_back(normal_module_name(name));
    }
    return module;
}

std::string modules_dep(std::span<const KernelModule> modules) {
    ByName by_name;
    for (const auto& module : modules)
        by_name.emplace(module.name, &module);
    std::string text;
    for (const auto& module : modules) {
        std::set<std::string> seen{module.name};
        std::vector<const KernelModule*> order;
        gather(module, by_name, seen, order);
        text += module.path + ":";
        std::for_each(order.rbegin(), order.rend(),
                      [&](const KernelModule* needed) { text += " " + needed->path; });
        text += "\n";
    }
    return text;
}

std::string modules_alias(std::span<const KernelModule> modules) {
    std::string text = "# Aliases extracted from modules themselves.\n";
    for (const auto& module : modules)
        for (const auto& alias : module.aliases)
            text += "alias " + alias + " " + module.name + "\n";
    return text;
}

std::string modules_softdep(std::span<const KernelModule> modules) {
    std::string text = "# Soft dependencies extracted from modules themselves.\n";
    for (const auto& module : modules)
        for (const auto& softdep : module.softdeps)
            text += "softdep " + module.name + " " + softdep + "\n";
    return text;
}

} // namespace coracle
