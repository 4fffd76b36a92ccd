// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/progress.h"

namespace coracle {

/// What the options before (or after) the name of a command say to all of them, and the owner of
/// what commands parse into. Lives as long as main.
class Globals {
public:
    std::string cache; ///< --cache, LINUXKIT_CACHE, or ~/.linuxkit/cache: directory of the cache
    std::vector<std::string> mirrors; ///< --mirror [REGISTRY=]URL, LINUXKIT_MIRROR
    std::string cert_file;            ///< --cert-file: more certificates to trust, PEM; "" = none
    bool quiet = false;               ///< -q
    int verbose = 0;                  ///< -v N
    int status = 0; ///< what to exit with when all went well, for a command that says more by it

    /// The reporter that -q and -v ask for. Only once the command line is parsed.
    Reporter& reporter();

    /// A T that lives until the end: the options a command is parsed into.
    template <class T>
    T& keep() {
        auto owned = std::make_unique<Kept<T>>();
        T& value = owned->value;
        kept_.push_back(std::move(owned));
        return value;
    }

private:
    struct KeptBase {
        virtual ~KeptBase() = default;
    };
    template <class T>
    struct Kept : KeptBase {
        T value{};
    };

    std::unique_ptr<Reporter> reporter_;
    std::vector<std::unique_ptr<KeptBase>> kept_;
};

// One function per command file. Each adds a subcommand, its options and examples, and as
// callback() the work itself, which runs when the whole command line is parsed and throws
// coracle::Error:
//
//     void add_frob(CLI::App& app, Globals& globals) {
//         auto& options = globals.keep<FrobOptions>();
//         auto& command = add_command(app, "frob", "frob a thing", "  coracle frob thing.yml\n");
//         command.add_option("FILE", options.file, "what to frob")->required();
//         add_list(command, "--with", options.with, "also this (repeatable)");
//         command.callback([&] { frob(options, globals); });
//     }

/// Adds a subcommand. `examples` is shown below its --help: indented lines.
CLI::App& add_command(CLI::App& parent, const std::string& name, const std::string& description,
                      const std::string& examples = "");

/// An option that may be given many times and takes exactly one word each time. (A plain add_option
/// with a vector swallows all words that follow.)
CLI::Option* add_list(CLI::App& command, const std::string& names, std::vector<std::string>& list,
                      const std::string& description);

void add_build(CLI::App& app, Globals& globals);
void add_cache(CLI::App& app, Globals& globals);
void add_diff(CLI::App& app, Globals& globals);
void add_inspect(CLI::App& app, Globals& globals);
void add_lock(CLI::App& app, Globals& globals);
void add_pkg(CLI::App& app, Globals& globals);
void add_pull_output(CLI::App& app, Globals& globals);
void add_run(CLI::App& app, Globals& globals);
void add_schema(CLI::App& app, Globals& globals);
void add_sign(CLI::App& app, Globals& globals);
void add_version(CLI::App& app, Globals& globals);
void add_completion(CLI::App& app, Globals& globals);
void add_manual(CLI::App& app, Globals& globals);

} // namespace coracle
