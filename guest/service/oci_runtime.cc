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

OciRuntime::Words OciRuntime::words(std::initializer_list<std::string> rest) const {
    Words all = {program_};
    if (debug_)
        all.emplace_back("--debug");
    all.insert(all.end(), rest);
    return all;
}

OciRuntime::Words OciRuntime::run(const std::string& id, const std::string& bundle) const {
    return words({"run", "--bundle", bundle, id});
}

OciRuntime::Words OciRuntime::run_detached(const std::string& id, const std::string& bundle,
                                           const std::string& pid_file) const {
    return words({"run", "--detach", "--bundle", bundle, "--pid-file", pid_file, id});
}

OciRuntime::Words OciRuntime::create(const std::string& id, const std::string& bundle,
                                     const std::string& pid_file) const {
    return words({"create", "--bundle", bundle, "--pid-file", pid_file, id});
}

OciRuntime::Words OciRuntime::start(const std::string& id) const { return words({"start", id}); }

OciRuntime::Words OciRuntime::remove(const std::string& id) const {
    return words({"delete", "--force", id});
}

} // namespace coracle::guest
