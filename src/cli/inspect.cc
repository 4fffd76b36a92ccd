// SPDX-License-Identifier: Apache-2.0
#include "inspect/open.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/cache.h"
#include "cli/command.h"
#include "inspect/report.h"

namespace coracle {

namespace {

struct InspectCommand {
    std::string what;
    std::string architecture;
    std::string output;
};

void inspect(const InspectCommand& command, const Globals& globals) {
    InspectOptions options{.cache = globals.cache,
                           .platform = command.architecture.empty()
                                           ? Platform::host()
                                           : Platform::parse("linux/" + command.architecture)};
    Contents contents = read_contents(command.what, options);
    if (command.output == "json")
        fmt::print("{}\n",
                   json_of(contents).dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
    else
        fmt::print("{}", text_of(contents));
}

} // namespace

void add_inspect(CLI::App& app, Globals& globals) {
    auto& kept = globals.keep<InspectCommand>();
    auto& command = add_command(app, "inspect", "show what is in an output or an image",
                                "  coracle inspect redis-os\n"
                                "  coracle inspect redis-os-initrd.img\n"
                                "  coracle inspect --output json docker.io/library/redis:8\n");
    command
        .add_option("WHAT", kept.what,
                    "a tar or docker output, an initrd, the name of a build, or an image in the "
                    "cache")
        ->required();
    command.add_option("--arch", kept.architecture, "architecture of an image");
    add_output_option(command, kept.output);
    command.callback([&] { inspect(kept, globals); });
}

} // namespace coracle
