// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coracle {

/// A kernel module as its .modinfo section describes it (modinfo(8)).
struct KernelModule {
    std::string name; ///< with '_' for '-'
    std::string path; ///< below lib/modules/VERSION, not packed: "kernel/drivers/net/virtio_net.ko"
    std::vector<std::string> depends;  ///< names
    std::vector<std::string> aliases;  ///< patterns
    std::vector<std::string> softdeps; ///< "pre: a b post: c"

    /// The modules that `softdeps` name.
    std::vector<std::string> soft_names() const;
};

/// The name of a module by its file: "kernel/net/x-y.ko.xz" is x_y. "" when the file is no module.
std::string module_name(std::string_view path);

/// '-' and '_' mean the same in names of modules; this form has '_'.
std::string normal_module_name(std::string_view name);

/// `section` is the content of .modinfo: NUL-terminated "key=value" texts.
KernelModule parse_modinfo(std::string path, std::string_view section);

/// The text of modules.dep: per module all it needs, what is loaded first last (modules.dep(5)).
/// Dependencies that are not among `modules` are left out: they are built into the kernel.
std::string modules_dep(std::span<const KernelModule> modules);
/// The text of modules.alias.
std::string modules_alias(std::span<const KernelModule> modules);
/// The text of modules.softdep.
std::string modules_softdep(std::span<const KernelModule> modules);

} // namespace coracle
