// SPDX-License-Identifier: Apache-2.0
#include "format/outputs.h"

#include <algorithm>
#include <cerrno>

#include <sys/stat.h>

#include "base/error.h"

namespace coracle {

Outputs::Output& Outputs::add(const std::string& path) {
    if (has(path))
        throw Error("two of the formats write '{}'", path)
            .hint("one build for each, with another --name or --dir");
    return *outputs_.emplace_back(std::make_unique<Output>(path));
}

FileSink& Outputs::create(const std::string& path) { return add(path).sink; }

int Outputs::create_file(const std::string& path) { return add(path).file.fd(); }

bool Outputs::has(const std::string& path) const {
    return std::ranges::any_of(outputs_,
                               [&](const auto& output) { return output->file.path() == path; });
}

std::vector<std::pair<std::string, uint64_t>> Outputs::commit() {
    std::vector<std::pair<std::string, uint64_t>> made;
    for (auto& output : outputs_)
        output->sink.finish();
    for (auto& output : outputs_) {
        struct stat status{};
        if (::fstat(output->file.fd(), &status) != 0)
            throw Error::system(errno, fmt::format("look at '{}'", output->file.path()));
        made.emplace_back(output->file.path(), static_cast<uint64_t>(status.st_size));
        output->file.commit_lazily();
    }
    return made;
}

} // namespace coracle
