// SPDX-License-Identifier: Apache-2.0
#include "inspect/difference.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/cache.h"
#include "cli/command.h"
#include "inspect/open.h"
#include "inspect/report.h"

namespace coracle {

namespace {

struct DiffCommand {
    std::string a;
    std::string b;
    std::string architecture;
    std::string output;
    bool exit_code = false;
};

void diff(const DiffCommand& command, Globals& globals) {
    InspectOptions options{.cache = globals.cache,
                           .platform = command.architecture.empty()
                                           ? Platform::host()
                                           : Platform::parse("linux/" + command.architecture),
                           .hash = true};
    Differences differences =
        compare(read_contents(command.a, options), read_contents(command.b, options));
    if (command.output == "json")
        fmt::print(
            "{}\n",
            json_of(differences).dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
    else
        fmt::print("{}", text_of(differences));
    if (command.exit_code && !differences.empty())
        globals.status = 1;
}

} // namespace

void add_diff(CLI::App& app, Globals& globals) {
    auto& kept = globals.keep<DiffCommand>();
    auto& command = add_command(app, "diff", "show what differs between two outputs or images",
                                "  coracle diff old/redis-os redis-os\n"
                                "  coracle diff --exit-code a.tar b-initrd.img\n");
    command.add_option("A", kept.a, "the older: what 'coracle inspect' can show")->required();
    command.add_option("B", kept.b, "the newer")->required();
    command.add_option("--arch", kept.architecture, "architecture of images");
    command.add_flag("--exit-code", kept.exit_code, "exit with status 1 when they differ");
    add_output_option(command, kept.output);
    command.callback([&] { diff(kept, globals); });
}

} // namespace coracle
