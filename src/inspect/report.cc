// SPDX-License-Identifier: Apache-2.0
#include "inspect/report.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "inspect/container.h"

namespace coracle {

namespace {

using Json = nlohmann::ordered_json;

/// Names that come from outside may have control characters.
std::string safe(std::string_view text) {
    std::string shown = printable(text);
    std::ranges::replace(shown, '\n', ' ');
    std::ranges::replace(shown, '\t', ' ');
    return shown;
}

std::string mount_text(const InspectedMount& mount) {
    std::string text = mount.is_bind() ? fmt::format("{} -> {}", mount.source, mount.destination)
                                       : fmt::format("{} on {}", mount.type, mount.destination);
    bool readonly = std::ranges::find(mount.options, "ro") != mount.options.end();
    return safe(text + (readonly ? " (read-only)" : ""));
}

void add_line(std::string& text, std::string_view name, const std::string& value) {
    if (!value.empty())
        text += fmt::format("  {:<13} {}\n", name, value);
}

void add_lines(std::string& text, std::string_view name, const std::vector<std::string>& values) {
    for (const auto& value : values) {
        add_line(text, name, value);
        name = "";
    }
}

std::string command_text(const std::vector<std::string>& words) {
    std::vector<std::string> quoted;
    for (const auto& word : words)
        quoted.push_back(shell_quote(word));
    return safe(join(quoted, " "));
}

/// Capabilities without their prefix; all of them by one word.
std::string capability_text(const std::vector<std::string>& names) {
    constexpr size_t all = 41; // CAP_CHECKPOINT_RESTORE is number 40
    if (names.empty())
        return "none";
    if (names.size() >= all)
        return "all";
    std::vector<std::string> shown;
    for (const auto& name : names)
        shown.push_back(safe(name.starts_with("CAP_") ? name.substr(4) : name));
    return join(shown, " ");
}

std::string container_text(const InspectedContainer& container) {
    ContainerFacts facts = facts_of(container);
    std::string title = container.section == "image"
                            ? container.name
                            : fmt::format("{} {}", container.section, container.name);
    std::string text = fmt::format("\n{}\n", safe(title));
    std::vector<std::string> binds;
    std::vector<std::string> mounts;
    for (const auto& mount : facts.mounts)
        if (mount.is_bind())
            binds.push_back(mount_text(mount));
        else if (!mount.is_usual())
            mounts.push_back(mount_text(mount));
    add_line(text, "image", container.section == "image" ? "" : safe(container.source));
    add_line(text, "command", command_text(facts.command));
    add_line(text, "user", facts.user);
    add_line(text, "capabilities", capability_text(facts.capabilities));
    add_lines(text, "binds", binds);
    add_lines(text, "mounts", mounts);
    add_line(text, "devices", safe(join(facts.devices, " ")));
    add_line(text, "namespaces", safe(join(facts.namespaces, " ")));
    add_line(text, "root", facts.readonly ? "read-only" : "writable");
    add_line(text, "restart", safe(facts.restart));
    if (!container.label)
        return text;
    const LabelGrants& label = *container.label;
    add_line(text, "by its label",
             label.capabilities.empty() ? ""
                                        : "capabilities " + capability_text(label.capabilities));
    for (const auto& bind : label.binds)
        add_line(text, "by its label", safe("bind " + bind));
    for (const auto& device : label.devices)
        add_line(text, "by its label", safe("device " + device));
    return text;
}

Json container_json(const InspectedContainer& container) {
    ContainerFacts facts = facts_of(container);
    Json mounts = Json::array();
    for (const auto& mount : facts.mounts)
        mounts.push_back({{"source", mount.source},
                          {"destination", mount.destination},
                          {"type", mount.type},
                          {"options", mount.options}});
    Json json{{"name", container.name},
              {"section", container.section},
              {"source", container.source},
              {"command", facts.command},
              {"user", facts.user},
              {"capabilities", facts.capabilities},
              {"mounts", std::move(mounts)},
              {"devices", facts.devices},
              {"namespaces", facts.namespaces},
              {"readonly", facts.readonly},
              {"restart", facts.restart}};
    if (container.label)
        json["label"] = {{"capabilities", container.label->capabilities},
                         {"binds", container.label->binds},
                         {"devices", container.label->devices}};
    return json;
}

std::string difference_text(const FileDifference& file) {
    switch (file.change) {
    case Change::added: return fmt::format("  + {}  {}\n", safe(file.path), human_size(file.after));
    case Change::removed:
        return fmt::format("  - {}  {}\n", safe(file.path), human_size(file.before));
    case Change::changed: break;
    }
    return fmt::format("  ~ {}  {}\n", safe(file.path), safe(join(file.aspects, ", ")));
}

} // namespace

std::string text_of(const Contents& contents) {
    std::string text;
    for (const auto& [path, size] : contents.outputs)
        text += fmt::format("{}  {}\n", path, human_size(size));
    if (contents.outputs.empty())
        text += fmt::format("{}\n", contents.name);
    text += fmt::format("{}: {} in {} entries of {} component{}\n\n", contents.kind,
                        human_size(contents.bytes), contents.files.size(),
                        contents.components.size(), contents.components.size() == 1 ? "" : "s");
    size_t width = 9;
    for (const auto& component : contents.components)
        width = std::max(width, safe(component.location).size());
    text += fmt::format("{:<{}}  {:>7}  {:>10}  SOURCE\n", "COMPONENT", width, "ENTRIES", "SIZE");
    for (const auto& component : contents.components) {
        text += fmt::format("{:<{}}  {:>7}  {:>10}  {}", safe(component.location), width,
                            component.entries, human_size(component.bytes), safe(component.source));
        text.erase(text.find_last_not_of(' ') + 1);
        text += '\n';
    }
    for (const auto& container : contents.containers)
        text += container_text(container);
    return text;
}

Json json_of(const Contents& contents) {
    Json json{{"name", contents.name}, {"kind", contents.kind}};
    json["outputs"] = Json::array();
    for (const auto& [path, size] : contents.outputs)
        json["outputs"].push_back({{"path", path}, {"size", size}});
    json["components"] = Json::array();
    for (const auto& component : contents.components)
        json["components"].push_back({{"location", component.location},
                                      {"source", component.source},
                                      {"entries", component.entries},
                                      {"bytes", component.bytes}});
    json["containers"] = Json::array();
    for (const auto& container : contents.containers)
        json["containers"].push_back(container_json(container));
    json["entries"] = contents.files.size();
    json["bytes"] = contents.bytes;
    return json;
}

std::string text_of(const Differences& differences) {
    if (differences.empty())
        return fmt::format("{} and {} are the same\n", differences.a, differences.b);
    std::string text;
    for (const auto& component : differences.components) {
        const auto& [location, before, after, files] = component;
        text += safe(location);
        if (!before.empty() && !after.empty() && before != after)
            text += safe(fmt::format("  {} -> {}", before, after));
        text += '\n';
        for (const auto& file : files)
            text += difference_text(file);
    }
    for (const auto& container : differences.containers) {
        text += safe(fmt::format("container {} {}: {}", container.section, container.name,
                                 name_of(container.change))) +
                "\n";
        for (const auto& key : container.keys)
            text += fmt::format("  ~ {}\n", safe(key));
    }
    return text + fmt::format("{} added, {} removed, {} changed; {} -> {}\n", differences.added,
                              differences.removed, differences.changed,
                              human_size(differences.bytes_before),
                              human_size(differences.bytes_after));
}

Json json_of(const Differences& differences) {
    Json json{{"a", differences.a}, {"b", differences.b}};
    json["components"] = Json::array();
    for (const auto& component : differences.components) {
        Json files = Json::array();
        for (const auto& file : component.files)
            files.push_back({{"path", file.path},
                             {"change", name_of(file.change)},
                             {"before", file.before},
                             {"after", file.after},
                             {"aspects", file.aspects}});
        json["components"].push_back({{"location", component.location},
                                      {"sourceBefore", component.source_before},
                                      {"sourceAfter", component.source_after},
                                      {"files", std::move(files)}});
    }
    json["containers"] = Json::array();
    for (const auto& container : differences.containers)
        json["containers"].push_back({{"section", container.section},
                                      {"name", container.name},
                                      {"change", name_of(container.change)},
                                      {"keys", container.keys}});
    json["totals"] = {{"added", differences.added},
                      {"removed", differences.removed},
                      {"changed", differences.changed},
                      {"bytesBefore", differences.bytes_before},
                      {"bytesAfter", differences.bytes_after}};
    return json;
}

} // namespace coracle
