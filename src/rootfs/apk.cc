// SPDX-License-Identifier: Apache-2.0
#include "rootfs/apk.h"

#include "rootfs/image_rules.h"

namespace coracle {

std::vector<FileItem> join_apk_databases(const std::vector<std::unique_ptr<MergedImage>>& images) {
    const TreePath path("lib/apk/db/installed");
    FileItem joined;
    size_t found = 0;
    for (const auto& image : images)
        found += image->with_file(path, [&](const Entry&, Source& content) {
            joined.content += read_all(content) + "\n\n";
        });
    if (found < 2)
        return {};
    joined.entry = file_entry(path, joined.content.size(), 0);
    return {joined};
}

} // namespace coracle
