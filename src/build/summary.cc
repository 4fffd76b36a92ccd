// SPDX-License-Identifier: Apache-2.0
#include "build/summary.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"

namespace coracle {

namespace {

using Json = nlohmann::ordered_json;

struct Totals {
    uint64_t unpacked = 0;
    uint64_t kept = 0;
    uint64_t fetched = 0;
};

Totals totals_of(const BuildResult& result) {
    Totals totals;
    for (const auto& component : result.components) {
        totals.unpacked += component.facts.unpacked;
        totals.fetched += component.fetched ? component.facts.unpacked : 0;
        totals.kept += component.reused && !component.fetched ? component.facts.unpacked : 0;
    }
    return totals;
}

std::string components_text(const std::vector<ComponentResult>& components) {
    size_t width = 0;
    size_t origin_width = 0;
    for (const auto& component : components) {
        width = std::max(width, component.location.size());
        origin_width =
            std::max(origin_width, origin_of(component.reused, component.fetched).size());
    }
    std::string text;
    for (const auto& component : components)
        if (component.facts.entries > 0)
            text += fmt::format("  {:<{}}  {:>9}  {:<{}}  {:>7}  {}\n", component.location, width,
                                human_size(component.facts.size),
                                origin_of(component.reused, component.fetched), origin_width,
                                fmt::format("{:.2f} s", component.seconds), component.title);
    return text;
}

std::string privileges_text(const std::vector<Container>& containers) {
    std::string text;
    for (const auto& container : containers)
        if (std::string privileges = label_privileges_of(container); !privileges.empty())
            text += fmt::format("  {} {}: {}\n", container.location, container.name, privileges);
    return text.empty() ? "" : "granted by the labels of images alone:\n" + text;
}

std::string capabilities_text(const std::vector<std::string>& names) {
    constexpr size_t all = 41;
    return names.size() >= all ? "all capabilities" : "capabilities " + join(names, " ");
}

/// Without the options that every bind has.
std::vector<std::string> short_binds(std::vector<std::string> binds) {
    constexpr std::string_view usual = ":rw,rbind,rshared";
    for (auto& bind : binds)
        if (bind.ends_with(usual))
            bind.resize(bind.size() - usual.size());
    return binds;
}

} // namespace

std::string label_privileges_of(const Container& container) {
    const ContainerConfig& config = container.config;
    std::vector<std::string> parts;
    if (!config.capabilities_of_label.empty())
        parts.push_back(capabilities_text(config.capabilities_of_label));
    if (!config.binds_of_label.empty())
        parts.push_back("binds " + join(short_binds(config.binds_of_label), " "));
    if (!config.devices_of_label.empty())
        parts.push_back("devices " + join(config.devices_of_label, " "));
    return printable(join(parts, "; "));
}

void refuse_label_privileges(const std::vector<Container>& containers) {
    std::string faults;
    for (const auto& container : containers)
        if (std::string privileges = label_privileges_of(container); !privileges.empty())
            faults += fmt::format("{}the label of image '{}' grants {} '{}' {}",
                                  faults.empty() ? "" : "\n", container.image, container.location,
                                  container.name, privileges);
    if (!faults.empty())
        throw Error(faults).hint(
            "write what each may have into the YAML, or leave out --no-label-privileges");
}

std::string summary_of(const BuildResult& result) {
    Totals totals = totals_of(result);
    std::string text = components_text(result.components) + privileges_text(result.containers);
    for (const auto& [path, size] : result.outputs)
        text += fmt::format("{}  {}\n", path, human_size(size));
    uint64_t share = totals.unpacked == 0 ? 0 : 100 * totals.kept / totals.unpacked;
    std::string fetched =
        totals.fetched == 0 ? ""
                            : fmt::format(", {} % fetched", 100 * totals.fetched / totals.unpacked);
    return text + fmt::format("{} in all, {} % of it kept from earlier builds{}, {:.2f} s",
                              human_size(totals.unpacked), share, fetched, result.seconds);
}

Json summary_json(const BuildResult& result) {
    Json json;
    json["outputs"] = Json::array();
    for (const auto& [path, size] : result.outputs)
        json["outputs"].push_back({{"path", path}, {"size", size}});
    json["components"] = Json::array();
    for (const auto& component : result.components)
        json["components"].push_back({{"location", component.location},
                                      {"title", component.title},
                                      {"size", component.facts.size},
                                      {"unpacked", component.facts.unpacked},
                                      {"entries", component.facts.entries},
                                      {"kept", component.reused && !component.fetched},
                                      {"fetched", component.fetched},
                                      {"seconds", component.seconds}});
    json["containers"] = Json::array();
    for (const auto& container : result.containers) {
        const ContainerConfig& config = container.config;
        json["containers"].push_back({{"location", container.location},
                                      {"name", container.name},
                                      {"image", container.image},
                                      {"readonly", config.readonly},
                                      {"capabilities", config.capabilities},
                                      {"binds", config.binds},
                                      {"label",
                                       {{"capabilities", config.capabilities_of_label},
                                        {"binds", config.binds_of_label},
                                        {"devices", config.devices_of_label}}}});
    }
    Totals totals = totals_of(result);
    json["seconds"] = result.seconds;
    json["total"] = totals.unpacked;
    json["kept"] = totals.kept;
    json["fetched"] = totals.fetched;
    return json;
}

} // namespace coracle
