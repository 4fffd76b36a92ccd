// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/command.h"
#include "spec/reference.h"

namespace coracle {

namespace {

struct SchemaCommand {
    bool markdown = false;
};

} // namespace

void add_schema(CLI::App& app, Globals& globals) {
    auto& kept = globals.keep<SchemaCommand>();
    auto& command =
        add_command(app, "schema", "print the JSON schema of the YAML files, for editors",
                    "  coracle schema > coracle.schema.json\n"
                    "  coracle schema --markdown | less\n");
    command.add_flag("--markdown", kept.markdown, "print the reference page instead");
    command.callback([&] { fmt::print("{}", kept.markdown ? reference_page() : json_schema()); });
}

} // namespace coracle
