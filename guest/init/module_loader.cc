// SPDX-License-Identifier: Apache-2.0
#include "init/module_loader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <linux/module.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "common/console.h"

#ifndef MODULE_INIT_COMPRESSED_FILE
#define MODULE_INIT_COMPRESSED_FILE 4
#endif

namespace coracle::guest {

ModuleLoader::ModuleLoader(ModuleIndex index, KernelCommandLine cmdline, Insert insert)
    : index_(std::move(index)), cmdline_(std::move(cmdline)), insert_(std::move(insert)) {}

bool ModuleLoader::load(const std::string& name) {
    if (index_.built_in(name) || !begun_.insert(name).second)
        return true;
    auto files = index_.files_for(name);
    if (files.empty())
        return false;
    for (const auto& file : files) {
        for (const auto& other : index_.softdep(module_name(file)).before)
            load_name_or_alias(other);
        insert(file);
    }
    for (const auto& file : files)
        for (const auto& other : index_.softdep(module_name(file)).after)
            load_name_or_alias(other);
    return true;
}

void ModuleLoader::load_for(std::vector<std::string> modaliases) {
    std::erase_if(modaliases,
                  [&](const auto& alias) { return !seen_aliases_.insert(alias).second; });
    if (modaliases.empty())
        return;
    for (const auto& name : index_.matching(std::move(modaliases)))
        load(name);
}

bool ModuleLoader::load_name_or_alias(const std::string& word) {
    if (load(module_name(word)))
        return true;
    auto names = index_.matching({word});
    for (const auto& name : names)
        load(name);
    return !names.empty();
}

void ModuleLoader::insert(const std::string& path) {
    std::string name = module_name(path);
    if (!tried_.insert(name).second)
        return;
    int cause = insert_(path, parameters_for(name));
    // ENODEV: the module found no device after all, which is its way to say that it is not needed.
    if (cause != 0 && cause != EEXIST && cause != ENODEV)
        complain("cannot load module '{}': {}", path,
                 cause == EOPNOTSUPP ? "the kernel cannot unpack it" : std::strerror(cause));
}

std::string ModuleLoader::parameters_for(const std::string& name) const {
    std::string parameters = index_.options(name);
    for (const auto& word : cmdline_.words()) {
        auto dot = word.find('.');
        if (dot != word.npos && dot < word.find('=') && module_name(word.substr(0, dot)) == name)
            parameters.append(parameters.empty() ? "" : " ").append(word, dot + 1);
    }
    return parameters;
}

int ModuleLoader::insert_module(const std::string& path, const std::string& parameters) {
    Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd)
        return errno;
    int flags = path.ends_with(".ko") ? 0 : MODULE_INIT_COMPRESSED_FILE;
    return ::syscall(SYS_finit_module, fd.get(), parameters.c_str(), flags) == 0 ? 0 : errno;
}

} // namespace coracle::guest
