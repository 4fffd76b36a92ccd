// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/progress.h"
#include "oci/descriptor.h"
#include "oci/platform.h"

namespace coracle {

class TreeHashes;

class Store;

/// The `debian:` section: files taken from Debian packages.
struct DebianContent {
    std::string suite = "trixie";
    /// Names as apt takes them; `${arch}` is the Debian architecture, and a list in brackets
    /// restricts an item to architectures: "linux-image-riscv64 [riscv64]".
    std::vector<std::string> packages;
    bool dependencies = true;         ///< else only what `packages` lists
    std::vector<std::string> only;    ///< globs: of the resolved packages, only these
    std::vector<std::string> without; ///< globs: of the resolved packages, not these
    std::vector<std::string> keep;    ///< globs: the files that are wanted; none = all
    std::vector<std::string> drop;    ///< globs: files that are not
    bool needed_libraries = false;    ///< shared libraries only as kept programs need them
    bool copyright = true;            ///< keep usr/share/doc/*/copyright of what is in the image
};

/// One of our own programs, built for the system, and where it goes.
struct GuestContent {
    std::string program;
    std::string path;
};

/// The `kernel:` section: turns Debian's kernel files into `kernel` and `kernel.tar`.
struct KernelContent {
    /// Module names, or globs on the path below `kernel/`; their dependencies come along.
    std::vector<std::string> modules;
    /// As `modules`, but nothing is said when the kernel has no such module or has it built in.
    std::vector<std::string> optional;
};

/// One item of `files:`; exactly one of the four kinds is set.
struct FileContent {
    std::string path;
    std::optional<std::string> contents;
    std::optional<std::string> source; ///< a file below the package's directory
    std::optional<std::string> symlink;
    bool directory = false;
    std::optional<uint32_t>
        mode; ///< default 0644, directories 0755, `source` as the file's executable bit
    uint32_t uid = 0;
    uint32_t gid = 0;
};

/// Lines for /etc/passwd and /etc/group.
struct UserContent {
    std::string name;
    uint32_t uid = 0;
    uint32_t gid = 0;
    std::string home = "/";
    std::string shell = "/sbin/nologin";
};
struct GroupContent {
    std::string name;
    uint32_t gid = 0;
    std::vector<std::string> members;
};

/// What a build.yml says: LinuxKit's keys, and the sections that fill an image without a
/// Dockerfile.
struct Package {
    std::string directory; ///< where the build.yml is
    std::string file;      ///< its path
    std::string image;
    std::string org = "linuxkit";
    std::string tag = "{{.Hash}}";
    std::vector<std::string> architectures = {"amd64", "arm64"};
    std::string dockerfile = "Dockerfile";
    std::vector<std::string> extra_sources; ///< SRC:DST as written
    std::vector<std::pair<std::string, std::string>> build_args;
    bool network = false;
    bool disable_cache = false;
    std::string git_repository;
    std::string label; ///< `config:` as JSON, for org.mobyproject.config; "" = none

    std::optional<DebianContent> debian;
    std::vector<GuestContent> guest;
    std::optional<KernelContent> kernel;
    std::vector<FileContent> files;
    std::vector<UserContent> users;
    std::vector<GroupContent> groups;
    std::vector<std::string> entrypoint;
    std::vector<std::string> cmd;
    std::vector<std::string> env;
    std::string workdir;
    std::string user;

    /// True when it is made by our own code; else a Dockerfile describes it.
    bool composed() const { return debian || kernel || !guest.empty() || !files.empty(); }
};

/// Reads DIRECTORY/build.yml. Throws Diagnostics for what is wrong in it, Error when there is none.
Package load_package(const std::string& directory);

/// "ORG/IMAGE:TAG". `{{.Hash}}` in the tag is the git tree hash of the directory, with `-dirty`
/// after it when files there differ from the last commit; outside git, the hash of the directory's
/// content. `hash`, when not empty, is taken instead.
std::string package_reference(const Package& package, const std::string& hash = "");
/// As above, when git may be asked about many packages at once.
std::string package_reference(const Package& package, const std::string& hash, TreeHashes& trees);

/// The directory of a package that comes with the tool: NAME in $CORACLE_PKG_PATH (directories, ':'
/// between them) when set, else PREFIX/share/coracle/pkg or pkg/ of the source tree the tool was
/// built in.
std::optional<std::string> find_bundled_package(const std::string& name);

/// The file of a guest program for an architecture, or nullopt: $CORACLE_GUEST_PATH/ARCH/NAME or
/// /NAME, beside the tool in its build tree, or PREFIX/libexec/coracle/guest. A program of another
/// architecture than the one asked for is never returned.
std::optional<std::string> find_guest_program(const std::string& name,
                                              const std::string& architecture);

/// How packages are built.
struct PackageOptions {
    /// None: this machine's for ensure_package(), all the package has for build_package().
    std::vector<Platform> platforms = {};
    std::string mirror = {};     ///< Debian mirror; "" = the one of the machine's apt sources
    std::string snapshot = {};   ///< base URL of an archive that keeps old versions; "" = none
    bool locked = false;         ///< the lock file must be there and hold; nothing is resolved anew
    bool force = false;          ///< build although the cache has it
    std::string hash = {};       ///< as for package_reference()
    TreeHashes* trees = nullptr; ///< to build many packages, one for all
    Reporter* reporter = &silent_reporter();
};

/// What building a package gave.
struct BuiltPackage {
    std::string reference;             ///< as it is in the store: fully qualified
    std::vector<Descriptor> manifests; ///< one per platform, in the order asked for
    bool built = false;                ///< false: the cache had all of it
};

/// Builds the package and tags it in the store. The same input gives the same bytes. Updates the
/// lock file DIRECTORY/debian.lock.ARCH when there was none or it no longer could be followed.
BuiltPackage build_package(Store& store, const Package& package,
                           const PackageOptions& options = {});

/// As build_package(), but only what the cache lacks: an image whose build.yml, lock file, extra
/// files, guest programs and options are those it was made from is left alone. Processes that
/// ensure the same package at the same time build it once.
BuiltPackage ensure_package(Store& store, const Package& package,
                            const PackageOptions& options = {});

} // namespace coracle
