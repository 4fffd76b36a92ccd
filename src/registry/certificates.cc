// SPDX-License-Identifier: Apache-2.0
#include "registry/certificates.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "base/file.h"

namespace coracle {

namespace {

namespace fs = std::filesystem;

std::vector<std::string> roots() {
    std::vector<std::string> result;
    if (const char* home = std::getenv("HOME"); home && *home)
        result.push_back(fmt::format("{}/.config/containers/certs.d", home));
    result.emplace_back("/etc/containers/certs.d");
    result.emplace_back("/etc/docker/certs.d");
    return result;
}

void gather(const std::string& directory, HostCertificates& found) {
    std::error_code error;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(directory, error))
        files.push_back(entry.path());
    std::ranges::sort(files);
    for (const fs::path& file : files) {
        fs::path key = fs::path(file).replace_extension(".key");
        if (file.extension() == ".crt")
            found.authorities += read_file(file.string(), 1 << 20) + "\n";
        else if (file.extension() == ".cert" && found.client_certificate.empty() &&
                 fs::exists(key)) {
            found.client_certificate = file.string();
            found.client_key = key.string();
        }
    }
}

} // namespace

HostCertificates certificates_for(const std::string& host, int port) {
    HostCertificates found;
    for (const std::string& root : roots()) {
        gather(fmt::format("{}/{}:{}", root, host, port), found);
        if (port == 443)
            gather(fmt::format("{}/{}", root, host), found);
    }
    return found;
}

} // namespace coracle
