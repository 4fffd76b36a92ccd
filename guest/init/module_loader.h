// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "common/cmdline.h"
#include "init/module_index.h"

namespace coracle::guest {

/// Loads kernel modules with what they need, each at most once.
class ModuleLoader {
public:
    /// Puts one module file into the kernel: 0 or an errno.
    using Insert = std::function<int(const std::string& path, const std::string& parameters)>;

    ModuleLoader(ModuleIndex index, KernelCommandLine cmdline, Insert insert = insert_module);

    /// Loads a module by name; false when there is no such module here.
    bool load(const std::string& name);
    /// Loads all modules for these aliases, of devices or of other things a kernel asks for.
    void load_for(std::vector<std::string> modaliases);
    /// What modprobe(8) does with one word: a name, else an alias.
    bool load_name_or_alias(const std::string& word);

    /// finit_module(2), also for .ko.gz, .ko.xz and .ko.zst where the kernel can unpack them.
    static int insert_module(const std::string& path, const std::string& parameters);

private:
    std::string parameters_for(const std::string& name) const;
    void insert(const std::string& path);

    ModuleIndex index_;
    KernelCommandLine cmdline_;
    Insert insert_;
    std::set<std::string> seen_aliases_;
    std::set<std::string> begun_; ///< by load()
    std::set<std::string> tried_; ///< by insert()
};

} // namespace coracle::guest
