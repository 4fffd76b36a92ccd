// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "base/text.h"

namespace coracle {

namespace {

void gather_long_names(const CLI::App& app, std::set<std::string>& names) {
    for (const auto* option : app.get_options())
        names.insert(option->get_lnames().begin(), option->get_lnames().end());
    for (const auto* command : app.get_subcommands({}))
        gather_long_names(*command, names);
}

/// The innermost command that was named on the command line.
const CLI::App& command_in_use(const CLI::App& app) {
    const CLI::App* current = &app;
    for (;;) {
        auto parsed = current->get_subcommands();
        if (parsed.empty())
            return *current;
        current = parsed.front();
    }
}

std::string full_name(const CLI::App& app) {
    return app.get_parent() == nullptr ? app.get_name()
                                       : full_name(*app.get_parent()) + " " + app.get_name();
}

std::optional<std::string> nearest(const std::string& word, const std::vector<std::string>& names) {
    std::vector<std::string_view> views(names.begin(), names.end());
    return did_you_mean(word, views);
}

std::optional<std::string> nearest_command(const CLI::App& app, const std::string& word) {
    std::vector<std::string> names;
    for (const auto* command : app.get_subcommands({}))
        if (!command->get_group().empty())
            names.push_back(command->get_name());
    return nearest(word, names);
}

std::optional<std::string> nearest_option(const CLI::App& app, const std::string& word) {
    std::vector<std::string> names;
    for (const CLI::App* current = &app; current != nullptr; current = current->get_parent())
        for (const auto* option : current->get_options())
            for (const auto& name : option->get_lnames())
                names.push_back("--" + name);
    return nearest(word.substr(0, word.find('=')), names);
}

UsageError unknown_word(const CLI::App& command, const std::string& word) {
    bool option = word.size() > 1 && word[0] == '-';
    bool takes_commands = !command.get_subcommands({}).empty();
    std::string help = fmt::format("{} --help", full_name(command));
    UsageError error(option           ? fmt::format("unknown option '{}'", word)
                     : takes_commands ? fmt::format("unknown command '{}'", word)
                                      : fmt::format("unexpected argument '{}'", word));
    auto meant = option ? nearest_option(command, word) : nearest_command(command, word);
    if (meant && option && *meant == word.substr(0, word.find('=')))
        error.hint(fmt::format("{} {}, behind the command", full_name(command), *meant));
    else if (meant)
        error.hint(fmt::format("{}, if that was meant, or {}", *meant, help));
    else
        error.hint(help);
    return error;
}

/// What CLI11 says, in the form of our messages.
std::string in_our_words(const CLI::App& command, const CLI::ParseError& error) {
    std::string text = error.what();
    std::string option = text.substr(0, text.find(':'));
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr)
        return fmt::format("{} takes a value", option);
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
        return command.get_subcommands({}).empty()
                   ? fmt::format("{} is missing", option.substr(0, option.find(' ')))
                   : "no command is given";
    if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0)
        text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    return std::string(trim(text));
}

} // namespace

std::vector<std::string> normalise_arguments(const CLI::App& app, std::vector<std::string> words) {
    std::set<std::string> names;
    gather_long_names(app, names);
    for (size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
        auto& word = words[i];
        if (word.size() > 2 && word[0] == '-' && word[1] != '-' &&
            names.contains(word.substr(1, word.find('=') - 1)))
            word.insert(0, "-");
        if ((word == "-v" || word == "--verbose") &&
            (i + 1 == words.size() || !parse_number(words[i + 1])))
            words.insert(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, "1");
    }
    return words;
}

UsageError usage_error(const CLI::App& app, const CLI::ParseError& error) {
    const auto& command = command_in_use(app);
    auto left = app.remaining(true);
    std::erase(left, "--");
    if (!left.empty())
        return unknown_word(command, left.front());
    UsageError ours(in_our_words(command, error));
    ours.hint(fmt::format("{} --help", full_name(command)));
    return ours;
}

} // namespace coracle
