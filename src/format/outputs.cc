// SPDX-License-Identifier: Apache-2.0
#include "format/outputs.h"

#include <cerrno>

#include <sys/stat.h>

#include "base/error.h"

namespace coracle {

Outputs::Output& Outputs::add(const std::string& path) {
    return outputs_.with([&](auto& outputs) -> Output& {
        auto [output, fresh] = outputs.try_emplace(path, path);
        if (!fresh)
            throw Error("two of the formats write '{}'", path)
                .hint("one build for each, with another --name or --dir");
        return output->second;
    });
}

FileSink& Outputs::create(const std::string& path) { return add(path).sink; }

int Outputs::create_file(const std::string& path) { return add(path).file.fd(); }

bool Outputs::claim(const std::string& path) {
    return claimed_.with([&](auto& claimed) { return claimed.insert(path).second; });
}

std::vector<std::pair<std::string, uint64_t>> Outputs::commit() {
    return outputs_.with([](auto& outputs) {
        std::vector<std::pair<std::string, uint64_t>> made;
        for (auto& [path, output] : outputs)
            output.sink.finish();
        for (auto& [path, output] : outputs) {
            struct stat status{};
            if (::fstat(output.file.fd(), &status) != 0)
                throw Error::system(errno, fmt::format("look at '{}'", path));
            made.emplace_back(path, static_cast<uint64_t>(status.st_size));
            output.file.commit_lazily();
        }
        return made;
    });
}

} // namespace coracle
