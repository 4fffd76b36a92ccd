// SPDX-License-Identifier: Apache-2.0
#include "service/oci_runtime.h"

#include <unistd.h>

#include "base/error.h"

namespace coracle::guest {

OciRuntime OciRuntime::find(const KernelCommandLine& cmdline) {
    for (const char* program : {"/usr/bin/crun", "/usr/bin/runc"})
        if (::access(program, X_OK) == 0)
            return {program, cmdline.enabled("linuxkit.runc_debug")};
    throw Error("no OCI runtime: neither /usr/bin/crun nor /usr/bin/runc is there")
        .hint("add a package with one to 'init:'");
}

Words OciRuntime::words(std::initializer_list<std::string> rest) const {
    Words all = {program_};
    if (debug_)
        all.emplace_back("--debug");
    all.insert(all.end(), rest);
    return all;
}

Words OciRuntime::run(const std::string& id, const std::string& bundle) const {
    return words({"run", "--bundle", bundle, id});
}

Words OciRuntime::run_detached(const std::string& id, const std::string& bundle,
                               const std::string& pid_file) const {
    return words({"run", "--detach", "--bundle", bundle, "--pid-file", pid_file, id});
}

Words OciRuntime::create(const std::string& id, const std::string& bundle,
                         const std::string& pid_file) const {
    return words({"create", "--bundle", bundle, "--pid-file", pid_file, id});
}

Words OciRuntime::start(const std::string& id) const { return words({"start", id}); }

Words OciRuntime::remove(const std::string& id) const { return words({"delete", "--force", id}); }

ServiceRuntime::Start OciRuntime::start(const Container& container) const {
    const auto& [name, bundle, config, pid_file, log] = container;
    if (config.interfaces.empty() && config.bind_namespaces.empty())
        return {.create = run_detached(name, bundle, pid_file), .start = {}};
    return {.create = create(name, bundle, pid_file), .start = start(name)};
}

std::vector<Words> OciRuntime::removal(const Container& container) const {
    return {remove(container.name)};
}

} // namespace coracle::guest
