// SPDX-License-Identifier: Apache-2.0
#include "store/layout.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "oci/descriptor.h"
#include "oci/json.h"
#include "oci/media_types.h"

namespace coracle {

namespace {

constexpr JsonLimits index_limits{.bytes = 64 << 20, .depth = 64};
constexpr uint64_t max_layout_file = 64 << 10;

// Another process may be making the layout right now.
bool is_part_of_layout(const std::filesystem::directory_entry& entry) {
    auto name = entry.path().filename();
    return name == "blobs" || name == "index.json" || name == ".lock" || name == ".coracle" ||
           name == "oci-layout";
}

bool is_empty_or_absent(const std::string& directory) {
    std::error_code error;
    auto entries = std::filesystem::directory_iterator(directory, error);
    if (error == std::errc::no_such_file_or_directory)
        return true;
    if (error)
        throw Error("cannot read directory '{}': {}", directory, error.message());
    return std::all_of(begin(entries), end(entries), is_part_of_layout);
}

nlohmann::ordered_json empty_index() {
    nlohmann::ordered_json index;
    index["schemaVersion"] = 2;
    index["mediaType"] = media_type::oci_index;
    index["manifests"] = nlohmann::ordered_json::array();
    return index;
}

std::string index_path(const std::string& directory) { return directory + "/index.json"; }

Fd lock_index(const std::string& directory) {
    std::string path = directory + "/.lock";
    Fd fd = open_fd(path, O_RDWR | O_CREAT);
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    while (::fcntl(fd.get(), F_OFD_SETLKW, &lock) != 0)
        if (errno != EINTR)
            throw Error::system(errno, fmt::format("lock '{}'", path));
    return fd;
}

} // namespace

std::string blob_path(const std::string& directory, const Digest& digest) {
    return fmt::format("{}/blobs/{}/{}", directory, digest.algorithm_name(), digest.hex());
}

std::string own_path(const std::string& directory, std::string_view name) {
    return fmt::format("{}/.coracle/{}", directory, name);
}

bool check_layout(const std::string& directory) {
    std::string path = directory + "/oci-layout";
    auto text = read_file_if_present(path, max_layout_file);
    if (!text) {
        if (is_empty_or_absent(directory))
            return false;
        throw Error("'{}' is not an image cache: it has no file 'oci-layout'", directory);
    }
    nlohmann::json layout = parse_json(*text, fmt::format("'{}'", path));
    std::string version = json_required_string(json_object(layout, fmt::format("'{}'", path)),
                                               "imageLayoutVersion", fmt::format("'{}'", path));
    if (!version.starts_with("1."))
        throw Error("'{}' is an OCI layout of version {}; only version 1 is known", directory,
                    version);
    return true;
}

void make_layout(const std::string& directory) {
    make_directories(directory + "/blobs/sha256");
    Fd lock = lock_index(directory);
    if (!exists(index_path(directory)))
        write_file(index_path(directory), empty_index().dump(2) + "\n");
    // Last, since it is what makes the directory a layout.
    write_file(directory + "/oci-layout", "{\"imageLayoutVersion\": \"1.0.0\"}\n");
}

std::string ref_name(const nlohmann::ordered_json& entry) {
    if (!entry.is_object())
        return "";
    auto annotations = entry.find("annotations");
    if (annotations == entry.end() || !annotations->is_object())
        return "";
    auto name = annotations->find(annotation::ref_name);
    return name == annotations->end() || !name->is_string() ? "" : name->get<std::string>();
}

std::string read_index_file(const std::string& directory) {
    auto text = read_file_if_present(index_path(directory), index_limits.bytes);
    return text ? *text : empty_index().dump();
}

void change_index_file(const std::string& directory,
                       const std::function<bool(nlohmann::ordered_json& manifests)>& change) {
    Fd lock = lock_index(directory);
    std::string name = fmt::format("'{}'", index_path(directory));
    auto index = parse_json_in_order(read_index_file(directory), name, index_limits);
    if (!index.is_object())
        throw Error("{} is not a JSON object", name);
    auto& manifests = index["manifests"];
    if (manifests.is_null())
        manifests = nlohmann::ordered_json::array();
    if (!manifests.is_array())
        throw Error("{}: 'manifests' is not a list", name);
    if (!change(manifests))
        return;
    AtomicFile file(own_path(directory, "index.json"));
    file.write(index.dump(2) + "\n");
    file.commit_as(index_path(directory));
}

} // namespace coracle
