// SPDX-License-Identifier: Apache-2.0
// Manual pages, made from the command line itself.

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/outline.h"

namespace coracle {

namespace {

/// Text in which troff sees no commands.
std::string roff(std::string_view text) {
    std::string out;
    bool line_begins = true;
    for (char c : text) {
        if (line_begins && (c == '.' || c == '\''))
            out += "\\&";
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else
            out += c;
        line_begins = c == '\n';
    }
    return out;
}

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

std::string synopsis(const CommandOutline& command) {
    std::string text = fmt::format("\\fB{}\\fR [\\fIOPTIONS\\fR]", roff(join(command.path, " ")));
    for (const auto& positional : command.positionals)
        text += fmt::format(" {}\\fI{}\\fR{}", positional.required ? "" : "[",
                            roff(positional.value), positional.required ? "" : "]");
    if (!command.commands.empty())
        text += " \\fICOMMAND\\fR ...";
    return text + "\n";
}

std::string options_of(const CommandOutline& command) {
    std::string text;
    auto add = [&](const OptionOutline& option) {
        std::string names = join(option.names, ", ");
        std::string value = option.value.empty() ? "" : "\\fI" + roff(option.value) + "\\fR";
        std::string gap = names.empty() || value.empty() ? "" : " ";
        text += fmt::format(".TP\n\\fB{}\\fR{}{}\n{}\n", roff(names), gap, value,
                            roff(option.description));
    };
    std::ranges::for_each(command.positionals, add);
    std::ranges::for_each(command.options, add);
    return text;
}

std::string examples_of(const CommandOutline& command) {
    return command.examples.empty() ? "" : fmt::format(".nf\n{}\n.fi\n", roff(command.examples));
}

std::string page(const CommandOutline& command, const std::vector<std::string>& others) {
    std::string name = join(command.path, "-");
    std::string text =
        fmt::format(".TH {} 1 \"\" \"coracle {}\" \"Coracle\"\n.SH NAME\n{} \\- {}\n"
                    ".SH SYNOPSIS\n{}.SH OPTIONS\n{}",
                    upper(roff(name)), CORACLE_VERSION, roff(name), roff(command.description),
                    synopsis(command), options_of(command));
    bool root = command.path.size() == 1;
    if (!command.commands.empty())
        text += ".SH COMMANDS\n";
    for (const auto& below : command.commands) {
        if (root)
            text += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(below.path.back()),
                                roff(below.description));
        else
            text += fmt::format(".SS {}\n{}\n.PP\n{}{}{}", roff(join(below.path, " ")),
                                roff(below.description), synopsis(below), options_of(below),
                                examples_of(below));
    }
    if (!command.examples.empty())
        text += ".SH EXAMPLES\n" + examples_of(command);
    text += ".SH EXIT STATUS\n0, 1 when it failed, 2 when the command line was wrong.\n";
    return text + fmt::format(".SH SEE ALSO\n{}\n", roff(join(others, ", ")));
}

} // namespace

void add_manual(CLI::App& app, Globals& globals) {
    auto& directory = globals.keep<std::string>();
    auto& command = add_command(app, "manual", "write the manual pages into a directory");
    command.group(""); // for packagers: hidden
    command.add_option("DIRECTORY", directory, "where to")->required();
    command.callback([&] {
        auto root = outline_of(app);
        std::vector<std::string> names = {root.path[0] + "(1)"};
        for (const auto& below : root.commands)
            names.push_back(join(below.path, "-") + "(1)");
        make_directories(directory);
        auto write = [&](const CommandOutline& one) {
            write_file(fmt::format("{}/{}.1", directory, join(one.path, "-")), page(one, names));
        };
        write(root);
        std::ranges::for_each(root.commands, write);
    });
}

} // namespace coracle
