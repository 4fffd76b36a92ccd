// SPDX-License-Identifier: Apache-2.0
#include "format/outputs.h"

#include <cerrno>

#include <sys/stat.h>

#include "base/error.h"

namespace coracle {

FileSink& Outputs::create(const std::string& path) {
    return outputs_.emplace_back(std::make_unique<Output>(path))->sink;
}

int Outputs::create_file(const std::string& path) {
    return outputs_.emplace_back(std::make_unique<Output>(path))->file.fd();
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
        output->file.commit();
    }
    return made;
}

} // namespace coracle
