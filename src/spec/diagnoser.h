// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/location.h"

namespace coracle {

/// One message about a place in a file:
///
///     redis-os.yml:18:5: error: unknown key 'capabilitis' in services[0] 'redis'
///        18 |     capabilitis:
///           |     ^~~~~~~~~~~
///     did you mean 'capabilities'?
///
/// Without the text of the file, or where the place is not known, the middle lines are left out.
/// `kind` is "error" or "warning"; `note` is the last line, or "".
std::string format_diagnostic(const Location& at, std::string_view file_text, std::string_view kind,
                              std::string_view message, std::string_view note = {});

/// Collects what is wrong with one file.
class Diagnoser {
public:
    static constexpr size_t max_errors = 10;

    /// `text` must live as long as the Diagnoser.
    Diagnoser(std::string file, std::string_view text) : file_(std::move(file)), text_(text) {}

    /// Throws Diagnostics with all that was found when this is error number max_errors.
    void error(Location at, std::string_view message, std::string_view note = {});
    void warning(Location at, std::string_view message, std::string_view note = {});
    /// Throws Diagnostics when there was an error.
    void finish() const;

    bool failed() const { return !errors_.empty(); }
    const std::string& file() const { return file_; }
    const std::vector<std::string>& warnings() const { return warnings_; }

private:
    std::string file_;
    std::string_view text_;
    std::vector<std::string> errors_;
    std::vector<std::string> warnings_;
};

/// "did you mean 'CANDIDATE'?" for the nearest candidate, or "".
std::string meant(std::string_view word, const std::vector<std::string_view>& candidates);

} // namespace coracle
