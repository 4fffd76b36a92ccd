// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/spec.h"

namespace coracle {

/// The largest YAML file that is read, in bytes.
constexpr uint64_t max_spec_size = 16 << 20;

struct ParseOptions {
    bool strict_linuxkit = false; ///< refuse keys that only Coracle has
    /// Values in the document, those that aliases repeat counted each time: --limit values=N.
    size_t max_values = 200'000;
};

/// One YAML (or JSON) document as a Spec. Pure: reads nothing but `text`. Throws Diagnostics with
/// every fault found, at most ten, as `FILE:line:column: error: ...` blocks. What needs the other
/// files (volumes, ids, the order of services) is left to read_specs().
Spec parse_spec(std::string_view text, const std::string& file_name, ParseOptions options = {});

/// Parses the value of the image label `org.mobyproject.config`. The same keys, but for name and
/// image, which are refused. `image` is for the error text, which says where it is as "label of
/// IMAGE".
ImageEntry parse_label(std::string_view text, const std::string& image);

/// `under` and then `over`: kernel keys of `over` replace, lists are appended. Throws Diagnostics
/// when a service or volume name comes twice.
Spec merge(Spec under, Spec over);

/// `over` on top of `under` key by key, as a YAML entry on top of its image's label: a key that is
/// present replaces, capabilities.add and binds.add append to what `under` has, runtime is merged
/// key by key. An empty text counts as absent for the keys that name a namespace, cwd and hostname.
ImageEntry overlay(const ImageEntry& under, const ImageEntry& over);

/// Fetches the YAML behind an http(s) URL.
using FetchText = std::function<std::string(const std::string& url)>;

/// How read_specs() reads.
struct ReadOptions {
    bool strict_linuxkit = false;
    bool allow_host_files = false; ///< also for files from the network
    size_t max_values = 200'000;   ///< as in ParseOptions
    FetchText fetch = {};          ///< without it a URL is an error
};

/// Reads and merges files from left to right, and checks the whole: paths, "-" for standard input,
/// http(s) URLs. A file from the network may not name files of this machine (files[].source)
/// unless that is allowed.
Spec read_specs(const std::vector<std::string>& files, const ReadOptions& options = {});

/// What Location::file says for standard input.
inline constexpr std::string_view standard_input = "<stdin>";

/// A package that an image reference asks for.
struct PackageRequest {
    std::string text = {}; ///< as written, "@pkg:..."
    std::string name = {}; ///< a package that comes with Coracle; else "" and
    std::string directory =
        {}; ///< the package's directory, the YAML file's directory put before it
    Location at = {};
};

/// The request in an image reference, or nullopt when it is a plain one. A word without a slash or
/// a dot is a name. Throws Diagnostics when the YAML file is not local (standard input, a URL) and
/// a directory is asked for.
std::optional<PackageRequest> package_request(const ImageName& image);

/// Every image reference in the Spec, for resolvers: kernel, init, onboot, onshutdown, services,
/// volumes.
void for_each_image(Spec& spec, const std::function<void(ImageName&)>& visit);

/// Replaces each package with the image reference that `resolve` answers.
void resolve_packages(Spec& spec, const std::function<std::string(const PackageRequest&)>& resolve);

/// The text shown in an error for a place in one of the Spec's files, with source line and caret:
/// `FILE:line:column: error: MESSAGE`. `note` is the last line, or "".
std::string diagnose(const Spec& spec, const Location& at, std::string_view message,
                     std::string_view note = "");

} // namespace coracle
