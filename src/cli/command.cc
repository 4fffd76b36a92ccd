// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

namespace coracle {

Reporter& Globals::reporter() {
    if (!reporter_) {
        auto verbosity = quiet          ? Verbosity::quiet
                         : verbose <= 0 ? Verbosity::normal
                         : verbose == 1 ? Verbosity::verbose
                                        : Verbosity::debug;
        reporter_ = make_reporter(verbosity);
    }
    return *reporter_;
}

CLI::App& add_command(CLI::App& parent, const std::string& name, const std::string& description,
                      const std::string& examples) {
    auto* command = parent.add_subcommand(name, description);
    if (!examples.empty())
        command->footer("Examples:\n" + examples);
    return *command;
}

CLI::Option* add_list(CLI::App& command, const std::string& names, std::vector<std::string>& list,
                      const std::string& description) {
    return command.add_option(names, list, description)
        ->type_size(1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

} // namespace coracle
