// SPDX-License-Identifier: Apache-2.0
// Completion scripts for shells, made from the command line itself, so that they cannot fall behind
// it.

#include <algorithm>
#include <cstdio>
#include <functional>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/outline.h"

namespace coracle {

namespace {

/// The commands below the root, each before those below it.
void walk(const CommandOutline& command, const std::function<void(const CommandOutline&)>& visit) {
    visit(command);
    for (const auto& below : command.commands)
        walk(below, visit);
}

/// "pkg build": the names of a command without the program's.
std::string names_of(const CommandOutline& command) {
    return join(std::span(command.path).subspan(1), " ");
}

/// What can follow: commands and options, also the program's own.
std::vector<std::string> words_after(const CommandOutline& command, const CommandOutline& root) {
    std::vector<std::string> words;
    for (const auto& below : command.commands)
        words.push_back(below.path.back());
    for (const auto& option : command.options)
        words.insert(words.end(), option.names.begin(), option.names.end());
    if (&command != &root)
        for (const auto& option : root.options)
            for (const auto& name : option.names)
                if (std::ranges::find(words, name) == words.end())
                    words.push_back(name);
    return words;
}

/// Each option of a command that has choices: `print(name, choices)`.
void for_each_choice(
    const CommandOutline& command,
    const std::function<void(const std::string&, const std::vector<std::string>&)>& print) {
    for (const auto& option : command.options)
        for (const auto& name : option.names)
            if (!option.choices.empty())
                print(name, option.choices);
}

std::string bash_script(const CommandOutline& root) {
    std::string known, words, values;
    walk(root, [&](const CommandOutline& command) {
        for_each_choice(command, [&](const auto& name, const auto& choices) {
            values +=
                fmt::format("    '{} {}') words='{}' before=${{current%\"${{current##*,}}\"}} ;;\n",
                            names_of(command), name, join(choices, " "));
        });
        if (&command != &root)
            known += fmt::format("{}'{}'", known.empty() ? "" : "|", names_of(command));
        words += fmt::format("    '{}') words='{}' ;;\n", names_of(command),
                             join(words_after(command, root), " "));
    });
    return fmt::format(R"(# bash completion for coracle
_coracle() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} last=${{COMP_WORDS[COMP_CWORD - 1]}} command= longer words= before= i
    for ((i = 1; i < COMP_CWORD; i++)); do
        longer="$command${{command:+ }}${{COMP_WORDS[i]}}"
        case $longer in
        {}) command=$longer ;;
        esac
    done
    case $command in
{}    esac
    case "$command $last" in
{}    esac
    mapfile -t COMPREPLY < <(compgen -P "$before" -W "$words" -- "${{current#"$before"}}")
}}
complete -o default -o bashdefault -F _coracle coracle linuxkit moby
)",
                       known, words, values);
}

/// A name and what it does, as zsh's _describe takes it.
std::string zsh_item(const std::string& name, const std::string& description) {
    return shell_quote(fmt::format("{}:{}", name, description.substr(0, description.find('\n'))));
}

std::string zsh_script(const CommandOutline& root) {
    std::string known, lists, values;
    walk(root, [&](const CommandOutline& command) {
        for_each_choice(command, [&](const auto& name, const auto& choices) {
            values += fmt::format("    '{} {}') compset -P '*,'; compadd -- {}; return ;;\n",
                                  names_of(command), name, join(choices, " "));
        });
        std::string items;
        for (const auto& below : command.commands)
            items += " " + zsh_item(below.path.back(), below.description);
        auto add_options = [&](const std::vector<OptionOutline>& options) {
            for (const auto& option : options)
                for (const auto& name : option.names)
                    items += " " + zsh_item(name, option.description);
        };
        add_options(command.options);
        if (&command != &root) {
            known += fmt::format("{}'{}'", known.empty() ? "" : "|", names_of(command));
            add_options(root.options);
        }
        lists += fmt::format("    '{}') items=({} ) ;;\n", names_of(command), items);
    });
    return fmt::format(R"(#compdef coracle linuxkit moby
# zsh completion for coracle
_coracle() {{
    local -a items
    local command= longer= i
    for ((i = 2; i < CURRENT; i++)); do
        longer="$command${{command:+ }}${{words[i]}}"
        case $longer in
        {}) command=$longer ;;
        esac
    done
    case "$command ${{words[CURRENT-1]}}" in
{}    esac
    case $command in
{}    esac
    _describe -o 'coracle' items
    _files
}}
_coracle "$@"
)",
                       known, values, lists);
}

std::string fish_options(const std::string& condition, const std::vector<OptionOutline>& options) {
    std::string script;
    for (const auto& option : options) {
        script += "complete -c coracle" + condition;
        for (const auto& name : option.names)
            script += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
        if (!option.choices.empty())
            script += " -x -a " + shell_quote(join(option.choices, " "));
        script += fmt::format("{} -d {}\n", option.value.empty() ? "" : " -r",
                              shell_quote(option.description));
    }
    return script;
}

std::string fish_script(const CommandOutline& root) {
    std::string script = "# fish completion for coracle\n" + fish_options("", root.options);
    walk(root, [&](const CommandOutline& command) {
        std::string condition;
        for (const auto& name : std::span(command.path).subspan(1))
            condition += fmt::format("{}__fish_seen_subcommand_from {}",
                                     condition.empty() ? "" : "; and ", name);
        if (!condition.empty())
            script += fish_options(fmt::format(" -n '{}'", condition), command.options);
        std::string names;
        for (const auto& below : command.commands)
            names += " " + below.path.back();
        std::string here = condition.empty()
                               ? "__fish_use_subcommand"
                               : condition + "; and not __fish_seen_subcommand_from" + names;
        for (const auto& below : command.commands)
            script += fmt::format("complete -c coracle -n '{}' -a {} -d {}\n", here,
                                  below.path.back(), shell_quote(below.description));
    });
    return script + "complete -c linuxkit -w coracle\ncomplete -c moby -w coracle\n";
}

} // namespace

void add_completion(CLI::App& app, Globals& globals) {
    auto& shell = globals.keep<std::string>();
    auto& command = add_command(app, "completion", "print a completion script for a shell",
                                "  . <(coracle completion bash)\n"
                                "  coracle completion zsh > ~/.zfunc/_coracle\n"
                                "  coracle completion fish > "
                                "~/.config/fish/completions/coracle.fish\n");
    command.add_option("SHELL", shell, "bash, zsh or fish")->required();
    command.callback([&] {
        auto root = outline_of(app);
        root.path = {"coracle"};
        if (shell == "bash")
            fmt::print("{}", bash_script(root));
        else if (shell == "zsh")
            fmt::print("{}", zsh_script(root));
        else if (shell == "fish")
            fmt::print("{}", fish_script(root));
        else
            throw UsageError("no completion for the shell '{}'", shell).hint("bash, zsh or fish");
    });
}

} // namespace coracle
