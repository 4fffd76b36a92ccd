// SPDX-License-Identifier: Apache-2.0
#include "run/metadata.h"

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"

namespace coracle {

void write_metadata_iso(const std::string& path, const std::string& content) {
    if (!find_program("xorriso"))
        throw Error("giving metadata to the guest takes xorriso, which is not installed")
            .hint("apt-get install xorriso");
    TempDir directory;
    write_file(directory / "config", content);
    within([&] { return fmt::format("while writing '{}'", path); },
           [&] {
               run_checked({{"xorriso", "-as", "mkisofs", "-quiet", "-R", "-J", "-V", "config",
                             "-o", path, directory.path()}});
           });
}

} // namespace coracle
