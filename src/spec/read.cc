// SPDX-License-Identifier: Apache-2.0
#include "spec/read.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"
#include "spec/diagnoser.h"
#include "spec/entry_check.h"

namespace coracle {

namespace {

bool is_url(std::string_view name) {
    return name.starts_with("http://") || name.starts_with("https://");
}

bool is_local(std::string_view name) { return !is_url(name) && name != standard_input; }

std::string read_standard_input() {
    std::string text;
    std::string block(64 << 10, '\0');
    while (size_t size = read_some(0, block.data(), block.size(), -1, standard_input)) {
        text.append(block, 0, size);
        if (text.size() > max_spec_size)
            throw Error("standard input holds more than {} bytes", max_spec_size);
    }
    return text;
}

void refuse_local_files(const Spec& spec) {
    std::vector<std::string> errors;
    auto refuse = [&](const Location& at, const std::string& path) {
        if (errors.size() < Diagnoser::max_errors)
            errors.push_back(diagnose(spec, at,
                                      fmt::format("'{}' is to be read from this machine, but a "
                                                  "file from the network may not ask for that",
                                                  path),
                                      "--allow-host-files, or build from a copy of the YAML file"));
    };
    for (const auto* entries : {&spec.onboot, &spec.onshutdown, &spec.services})
        for (const auto& entry : each(*entries))
            if (names_profile(entry))
                refuse(entry.place("seccomp"), *entry.seccomp);
    for (const auto& file : each(spec.files))
        if (file.source && !file.source->empty())
            refuse(file.at, *file.source);
    if (!errors.empty())
        throw Diagnostics(join(errors, "\n"));
}

Spec read_one(const std::string& file, const ReadOptions& options) {
    ParseOptions parse{.strict_linuxkit = options.strict_linuxkit,
                       .max_values = options.max_values};
    if (file == "-")
        return parse_spec(read_standard_input(), std::string(standard_input), parse);
    if (!is_url(file))
        return parse_spec(read_file(file, max_spec_size), file, parse);
    if (!options.fetch)
        throw Error("cannot read '{}': URLs are not supported here", file);
    Spec spec = parse_spec(options.fetch(file), file, parse);
    if (!options.allow_host_files)
        refuse_local_files(spec);
    return spec;
}

} // namespace

Spec read_specs(const std::vector<std::string>& files, const ReadOptions& options) {
    std::optional<Spec> spec;
    for (const auto& file : files) {
        Spec next = read_one(file, options);
        spec = spec ? merge(std::move(*spec), std::move(next)) : std::move(next);
    }
    if (!spec)
        throw Error("no YAML file is given");
    check_spec(*spec);
    return std::move(*spec);
}

std::optional<PackageRequest> package_request(const ImageName& image) {
    constexpr std::string_view prefix = "@pkg:";
    if (!image.is_package())
        return std::nullopt;
    std::string place = image.text.substr(prefix.size());
    PackageRequest request{.text = image.text, .at = image.at};
    auto refuse = [&](std::string_view message) {
        return Diagnostics(format_diagnostic(image.at, {}, "error", message));
    };
    if (place.empty())
        throw refuse("'@pkg:' names no package");
    if (place.find_first_of("/.") == std::string::npos) {
        request.name = std::move(place);
        return request;
    }
    if (!is_local(image.at.file))
        throw refuse(
            fmt::format("'{}' is a directory, but the YAML file is not in one", image.text));
    auto slash = image.at.file.rfind('/');
    if (place.starts_with('/') || slash == std::string::npos)
        request.directory = std::move(place);
    else
        request.directory = image.at.file.substr(0, slash + 1) + place;
    return request;
}

void for_each_image(Spec& spec, const std::function<void(ImageName&)>& visit) {
    if (spec.kernel && spec.kernel->image)
        visit(*spec.kernel->image);
    if (spec.init)
        for (auto& image : *spec.init)
            visit(image);
    for (auto* entries : {&spec.onboot, &spec.onshutdown, &spec.services})
        if (*entries)
            for (auto& entry : **entries)
                visit(entry.image);
    if (spec.volumes)
        for (auto& volume : *spec.volumes)
            if (volume.image)
                visit(*volume.image);
}

void resolve_packages(Spec& spec,
                      const std::function<std::string(const PackageRequest&)>& resolve) {
    for_each_image(spec, [&](ImageName& image) {
        if (auto request = package_request(image))
            image.text = within(
                [&] {
                    return fmt::format("for '{}' ({}:{}:{})", request->text, image.at.file,
                                       image.at.line, image.at.column);
                },
                [&] { return resolve(*request); });
    });
}

} // namespace coracle
