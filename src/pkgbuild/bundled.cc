// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "pkgbuild/elf.h"
#include "pkgbuild/package.h"

namespace coracle {

namespace {

namespace fs = std::filesystem;

/// Where the tool itself lies; "" when the system does not tell.
fs::path tool_directory() {
    std::error_code error;
    auto tool = fs::read_symlink("/proc/self/exe", error);
    return error ? fs::path() : tool.parent_path();
}

std::vector<fs::path> from_environment(const char* variable) {
    std::vector<fs::path> directories;
    if (const char* value = std::getenv(variable); value && *value)
        for (const auto& part : split(value, ':'))
            if (!part.empty())
                directories.emplace_back(part);
    return directories;
}

std::vector<fs::path> package_directories() {
    auto directories = from_environment("CORACLE_PKG_PATH");
    auto tool = tool_directory();
    if (!directories.empty() || tool.empty())
        return directories;
    return {tool / "../share/coracle/pkg", tool / "../../pkg", tool / "../../../pkg"};
}

std::vector<fs::path> guest_directories() {
    auto directories = from_environment("CORACLE_GUEST_PATH");
    auto tool = tool_directory();
    if (!directories.empty() || tool.empty())
        return directories;
    return {tool / "../libexec/coracle/guest", tool / "guest", tool / "../guest"};
}

bool is_name(const std::string& name) {
    return !name.empty() && name[0] != '.' && name.find('/') == name.npos;
}

bool runs_on(const std::string& file, const std::string& architecture) {
    Fd fd = open_fd(file, O_RDONLY);
    std::error_code error;
    auto size = fs::file_size(file, error);
    if (error)
        return false;
    auto info = read_elf({fd.get(), 0, size, file});
    return info && info->machine == elf_machine(architecture);
}

} // namespace

std::optional<std::string> find_bundled_package(const std::string& name) {
    if (!is_name(name))
        return std::nullopt;
    for (const auto& directory : package_directories()) {
        auto candidate = (directory / name).lexically_normal();
        if (exists((candidate / "build.yml").string()))
            return candidate.string();
    }
    return std::nullopt;
}

std::optional<std::string> find_guest_program(const std::string& name,
                                              const std::string& architecture) {
    if (!is_name(name))
        return std::nullopt;
    for (const auto& directory : guest_directories())
        for (const auto& candidate : {directory / architecture / name, directory / name})
            if (fs::is_regular_file(candidate) && runs_on(candidate.string(), architecture))
                return candidate.lexically_normal().string();
    return std::nullopt;
}

} // namespace coracle
