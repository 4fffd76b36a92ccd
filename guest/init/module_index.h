// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coracle::guest {

/// A module's name as the kernel writes it: the file name without ".ko..." and with '_' for '-'.
std::string module_name(std::string_view path_or_name);

/// What depmod(8) and modprobe.d(5) say about the modules of one kernel. Missing files are empty.
class ModuleIndex {
public:
    struct Softdep {
        std::vector<std::string> before;
        std::vector<std::string> after;
    };

    /// `directory` is /lib/modules/VERSION, `configuration` /etc/modprobe.d.
    explicit ModuleIndex(std::string directory, const std::string& configuration = "");

    /// The names of all modules with an alias pattern that matches one of `modaliases`, in the
    /// order of modules.alias, each once: one pass over that file. Blacklisted modules are left
    /// out.
    std::vector<std::string> matching(std::vector<std::string> modaliases) const;

    /// The files to load for a module, dependencies first; empty when it is not there.
    std::vector<std::string> files_for(const std::string& name) const;

    const Softdep& softdep(const std::string& name) const;
    bool built_in(const std::string& name) const { return builtin_.contains(name); }
    /// "options NAME ..." of modprobe.d.
    std::string options(const std::string& name) const;

private:
    void read_dependencies();
    void read_configuration(std::string_view text);

    std::string directory_;
    std::string aliases_; ///< modules.alias as it is
    std::map<std::string, std::vector<std::string>, std::less<>> files_;
    std::map<std::string, Softdep, std::less<>> softdeps_;
    std::map<std::string, std::string, std::less<>> options_;
    std::set<std::string, std::less<>> builtin_;
    std::set<std::string, std::less<>> blacklist_;
};

} // namespace coracle::guest
