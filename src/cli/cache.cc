// SPDX-License-Identifier: Apache-2.0
#include "cli/cache.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace coracle {

void add_output_option(CLI::App& command, std::string& choice) {
    choice = "text";
    command.add_option("--output", choice, "for people (text) or for programs (json)")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
}

void Results::print(Globals& globals) const {
    auto document = nlohmann::ordered_json::array();
    for (const Fields& fields : things_) {
        std::string line;
        auto& object = document.emplace_back(nlohmann::ordered_json::object());
        for (const auto& [name, value] : fields) {
            line += (line.empty() ? "" : " ") + value;
            object[name] = value;
        }
        if (!json_)
            globals.reporter().info(line);
    }
    if (json_)
        fmt::print("{}\n", document.dump(2));
}

void print_table(const std::vector<std::vector<std::string>>& rows,
                 const std::vector<size_t>& right) {
    std::vector<size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], row[i].size());
    }
    for (const auto& row : rows) {
        std::string line;
        for (size_t i = 0; i < row.size(); ++i) {
            bool to_right = std::ranges::find(right, i) != right.end();
            std::string gap(widths[i] - row[i].size(), ' ');
            line += (i ? "  " : "") + (to_right ? gap + row[i] : row[i] + gap);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        fmt::print("{}\n", line);
    }
}

void add_cache(CLI::App& app, Globals& globals) {
    auto& cache = add_command(app, "cache", "look at and change the cache of images",
                              "  coracle cache ls\n"
                              "  coracle cache export --outfile redis.tar redis:8\n"
                              "  coracle cache clean\n");
    cache.require_subcommand(1);
    add_cache_list(cache, globals);
    add_cache_usage(cache, globals);
    add_cache_remove(cache, globals);
    add_cache_clean(cache, globals);
    add_cache_verify(cache, globals);
    add_cache_export(cache, globals);
    add_cache_import(cache, globals);
    add_cache_pull(cache, globals);
    add_cache_push(cache, globals);
}

} // namespace coracle
