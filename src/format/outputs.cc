// SPDX-License-Identifier: Apache-2.0
#include "format/outputs.h"

namespace coracle {

FileSink& Outputs::create(const std::string& path) {
    return outputs_.emplace_back(std::make_unique<Output>(path))->sink;
}

std::vector<std::pair<std::string, uint64_t>> Outputs::commit() {
    std::vector<std::pair<std::string, uint64_t>> made;
    for (auto& output : outputs_)
        output->sink.finish();
    for (auto& output : outputs_) {
        made.emplace_back(output->file.path(), output->sink.position());
        output->file.commit();
    }
    return made;
}

} // namespace coracle
