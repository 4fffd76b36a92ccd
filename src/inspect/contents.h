// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "archive/entry.h"

namespace coracle {

/// A file of a system, as far as two systems can differ in it.
struct InspectedFile {
    EntryType type = EntryType::regular; ///< never hard_link
    uint32_t mode = 0;
    uint32_t uid = 0;
    uint32_t gid = 0;
    uint64_t size = 0;
    std::string sha256 = {}; ///< of a regular file, where contents were hashed
    /// symlink: its text; a file with several names: the first of them by spelling, but "" for that
    /// one itself.
    std::string link_target = {};
    uint32_t device_major = 0;
    uint32_t device_minor = 0;
    std::map<std::string, std::string> xattrs = {};
    size_t component = 0; ///< index
};

/// A part of a system and what of it is left in the whole: later parts may replace files.
struct InspectedComponent {
    std::string
        location; ///< "services[0]"; where the format does not tell: "containers/services/redis"
    std::string source; ///< the image; "" = not known
    uint64_t entries = 0;
    uint64_t bytes = 0; ///< of regular files, each counted once
};

/// What an image's label asks for that is a privilege.
struct LabelGrants {
    std::vector<std::string> capabilities = {};
    std::vector<std::string> binds = {};
    std::vector<std::string> devices = {};
    bool empty() const { return capabilities.empty() && binds.empty() && devices.empty(); }
};

/// A container of a system.
struct InspectedContainer {
    std::string name;
    std::string section; ///< onboot, onshutdown, services, image
    std::string source;  ///< the image; "" = not known
    std::string config_json = {};
    std::string runtime_json = {};
    /// What it has because the label of its image asks for it, where that is known.
    std::optional<LabelGrants> label = {};
};

/// What is in an output or an image.
struct Contents {
    std::string name; ///< as it was asked for
    std::string kind; ///< tar, docker, initrd, image
    std::vector<std::pair<std::string, uint64_t>> outputs =
        {}; ///< files it consists of, with sizes
    std::vector<InspectedComponent> components = {};
    std::map<std::string, InspectedFile> files = {}; ///< by path
    std::vector<InspectedContainer> containers = {};
    uint64_t bytes = 0;                       ///< of regular files, each counted once
    std::optional<std::string> document = {}; ///< the file that was asked for, if it is there
};

/// Gathers entries into Contents, a later entry in the place of an earlier one.
class ContentsBuilder {
public:
    /// `hash`: contents are hashed, for comparing. `document`: see Contents.
    explicit ContentsBuilder(bool hash, std::string document = "")
        : hash_(hash), document_(std::move(document)) {}

    /// The current entry of a source, of the component at `location`.
    void add(const Entry& entry, Source& content, const std::string& location,
             const std::string& source);
    /// Counts, finds the containers and gives all.
    Contents finish();

private:
    size_t component(const std::string& location, const std::string& source);
    void resolve_links();
    void find_containers();

    bool hash_;
    std::string document_; ///< path
    Contents contents_;
    std::map<std::pair<std::string, std::string>, size_t> components_;
    std::map<std::string, std::string> links_;     ///< hard links to what they name
    std::map<std::string, std::string> documents_; ///< config.json and runtime.json by path
};

} // namespace coracle
