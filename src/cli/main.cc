// SPDX-License-Identifier: Apache-2.0
// The coracle program: parses the command line, runs one command, tells how it ended.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/interrupt.h"

namespace coracle {

namespace {

constexpr int failed = 1;
constexpr int usage = 2;

/// The program may be installed under the names `linuxkit` and `moby`, and is then the same
/// program.
std::string name_called_by(const char* argv0) {
    std::string_view path = argv0 != nullptr ? argv0 : "";
    auto name = path.substr(path.find_last_of('/') + 1);
    return name == "linuxkit" || name == "moby" ? std::string(name) : "coracle";
}

std::string default_cache() {
    const char* home = std::getenv("HOME");
    return std::string(home != nullptr && *home != '\0' ? home : ".") + "/.linuxkit/cache";
}

std::string absolute(const std::string& path) {
    return std::filesystem::absolute(path).lexically_normal().string();
}

void add_global_options(CLI::App& app, Globals& globals) {
    globals.cache = default_cache();
    app.add_option("--cache", globals.cache, "directory of the cache of images")
        ->envname("LINUXKIT_CACHE")
        ->type_name("DIR")
        ->transform(absolute) // programs that we run have other working directories
        ->capture_default_str();
    add_list(app, "--mirror", globals.mirrors,
             "pull from this mirror, of all registries or of one (repeatable)")
        ->envname("LINUXKIT_MIRROR")
        ->type_name("[REGISTRY=]URL");
    app.add_option("--cert-file", globals.cert_file, "certificates to trust besides the system's")
        ->type_name("PEM");
    app.add_flag("-q,--quiet", globals.quiet, "tell only warnings and errors");
    app.add_option("-v,--verbose", globals.verbose, "tell more: 1, or 2 for everything")
        ->type_name("N");
}

void add_commands(CLI::App& app, Globals& globals) {
    app.require_subcommand(1);
    app.fallthrough(); // global options may also follow the name of the command
    add_build(app, globals);
    add_cache(app, globals);
    add_inspect(app, globals);
    add_diff(app, globals);
    add_lock(app, globals);
    add_pkg(app, globals);
    add_run(app, globals);
    add_pull_output(app, globals);
    add_schema(app, globals);
    add_sign(app, globals);
    add_version(app, globals);
    add_completion(app, globals);
    add_manual(app, globals);
}

int run(int argc, char** argv) {
    CLI::App app("builds, boots and ships minimal, immutable Linux systems made of containers");
    Globals globals;
    app.name(name_called_by(argc > 0 ? argv[0] : nullptr));
    app.set_version_flag("--version", "coracle " CORACLE_VERSION, "print the version");
    app.footer("Examples:\n"
               "  coracle build redis-os.yml\n"
               "  coracle run --publish 6379:6379 redis-os\n\n"
               "'coracle COMMAND --help' tells more of a command.");
    add_global_options(app, globals);
    add_commands(app, globals);
    auto words = normalise_arguments(app, {argv + 1, argv + argc});
    std::ranges::reverse(words); // the order in which CLI11 takes them
    try {
        app.parse(std::move(words));
    } catch (const CLI::Success& help) {
        return app.exit(help);
    } catch (const CLI::ParseError& error) {
        throw usage_error(app, error);
    }
    return globals.status;
}

/// Prints what has gone wrong and returns the exit status that says so.
int report(const std::exception& error) {
    if (output_is_closed())
        die_by(SIGPIPE);
    bool complete = dynamic_cast<const Diagnostics*>(&error) != nullptr;
    auto lines = split(error.what(), '\n');
    std::ranges::transform(lines, lines.begin(), printable); // names may come from a hostile image
    fmt::print(stderr, "{}{}\n", complete ? "" : "error: ", join(lines, "\n"));
    return dynamic_cast<const UsageError*>(&error) != nullptr ? usage : failed;
}

int run_and_report(int argc, char** argv) {
    try {
        int status = run(argc, argv);
        if (std::fflush(stdout) != 0)
            throw Error::system(errno, "write to standard output");
        return status;
    } catch (const std::exception& error) {
        return report(error);
    }
}

} // namespace

} // namespace coracle

int main(int argc, char** argv) {
    coracle::clean_up_when_interrupted();
    return coracle::run_and_report(argc, argv);
}
