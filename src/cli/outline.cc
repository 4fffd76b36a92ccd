// SPDX-License-Identifier: Apache-2.0
#include "cli/outline.h"

#include "base/text.h"
#include "format/format.h"

namespace coracle {

namespace {

std::string value_of(const CLI::Option& option) {
    if (option.get_expected_max() == 0 || option.get_type_size() == 0)
        return "";
    std::string name = option.get_type_name();
    return name.empty() || name == "TEXT" ? "VALUE" : name;
}

/// What the command line itself does not know to be a choice.
std::vector<std::string> known_choices(const std::string& command, const std::string& option) {
    std::vector<std::string> names;
    if (command == "build" && option == "--format")
        for (const auto& format : formats())
            names.emplace_back(format.name);
    if (command == "run" && option == "--medium")
        names = {"disk", "cdrom", "usb"};
    if (option == "--arch")
        names = {"amd64", "arm64", "riscv64"};
    return names;
}

/// Those of CLI::IsMember, whose type is called "TEXT:{a,b}".
std::vector<std::string> members(const std::string& type) {
    auto begin = type.find(":{");
    if (begin == std::string::npos || !type.ends_with('}'))
        return {};
    return split(std::string_view(type).substr(begin + 2, type.size() - begin - 3), ',');
}

OptionOutline outline_of(const CLI::Option& option, const std::string& command) {
    OptionOutline outline;
    for (const auto& name : option.get_snames())
        outline.names.push_back("-" + name);
    for (const auto& name : option.get_lnames())
        outline.names.push_back("--" + name);
    outline.value = option.get_positional() ? option.get_name(true) : value_of(option);
    outline.description = option.get_description();
    outline.group = option.get_group();
    outline.required = option.get_required();
    outline.choices = members(option.get_type_name());
    if (outline.choices.empty() && !outline.names.empty())
        outline.choices = known_choices(command, outline.names.back());
    return outline;
}

CommandOutline outline_below(const CLI::App& app, std::vector<std::string> path) {
    path.push_back(app.get_name());
    CommandOutline outline{path, app.get_description(), app.get_footer(), {}, {}, {}};
    constexpr std::string_view heading = "Examples:\n";
    if (auto at = outline.examples.find(heading); at != std::string::npos)
        outline.examples.erase(0, at + heading.size());
    for (const auto* option : app.get_options()) {
        if (option->get_group().empty())
            continue;
        auto& list = option->get_positional() ? outline.positionals : outline.options;
        list.push_back(outline_of(*option, app.get_name()));
    }
    for (const auto* command : app.get_subcommands({}))
        if (!command->get_group().empty())
            outline.commands.push_back(outline_below(*command, path));
    return outline;
}

} // namespace

CommandOutline outline_of(const CLI::App& app) { return outline_below(app, {}); }

} // namespace coracle
