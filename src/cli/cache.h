// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"

namespace coracle {

// The commands below `coracle cache`.
void add_cache_list(CLI::App& cache, Globals& globals);
void add_cache_usage(CLI::App& cache, Globals& globals);
void add_cache_remove(CLI::App& cache, Globals& globals);
void add_cache_clean(CLI::App& cache, Globals& globals);
void add_cache_verify(CLI::App& cache, Globals& globals);
void add_cache_export(CLI::App& cache, Globals& globals);
void add_cache_import(CLI::App& cache, Globals& globals);
void add_cache_pull(CLI::App& cache, Globals& globals);
void add_cache_push(CLI::App& cache, Globals& globals);

/// Adds "--output text|json", which `choice` gets.
void add_output_option(CLI::App& command, std::string& choice);

/// What a command did, one line or one JSON object for each thing.
class Results {
public:
    using Fields = std::vector<std::pair<std::string, std::string>>;
    explicit Results(const std::string& output) : json_(output == "json") {}
    void add(Fields fields) { things_.push_back(std::move(fields)); }
    /// As text: what a person would know unless it is quiet.
    void print(Globals& globals) const;

private:
    bool json_;
    std::vector<Fields> things_;
};

/// Prints rows as columns, each as wide as it must be; cells of the columns in `right` end at the
/// same place.
void print_table(const std::vector<std::vector<std::string>>& rows,
                 const std::vector<size_t>& right);

} // namespace coracle
