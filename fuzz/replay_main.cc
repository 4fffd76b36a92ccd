// SPDX-License-Identifier: Apache-2.0
// Runs files through a fuzz target: replay FILE_OR_DIRECTORY...
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "base/error.h"
#include "base/file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int argc, char** argv) {
    std::vector<std::string> files;
    for (int i = 1; i < argc; ++i) {
        if (!std::filesystem::is_directory(argv[i])) {
            files.emplace_back(argv[i]);
            continue;
        }
        for (const auto& file : std::filesystem::directory_iterator(argv[i]))
            files.push_back(file.path());
    }
    std::ranges::sort(files);
    try {
        for (const auto& file : files) {
            std::string text = coracle::read_file(file);
            LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
        }
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
    fmt::print("{} files\n", files.size());
    return files.empty() ? 1 : 0;
}
