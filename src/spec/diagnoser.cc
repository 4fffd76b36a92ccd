// SPDX-License-Identifier: Apache-2.0
#include "spec/diagnoser.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace coracle {

namespace {

constexpr size_t max_line = 160;

std::string_view line_of(std::string_view text, int number) {
    for (int line = 1; line < number; ++line) {
        auto end = text.find('\n');
        if (end == std::string_view::npos)
            return {};
        text.remove_prefix(end + 1);
    }
    return text.substr(0, text.find_first_of("\r\n"));
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// One element per character, control characters made harmless for a terminal.
std::vector<std::string> characters(std::string_view line) {
    std::vector<std::string> result;
    for (char c : line) {
        if (continues_character(c) && !result.empty() && result.back().size() < 4)
            result.back() += c;
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            result.emplace_back(c == '\t' ? " " : "?");
        else
            result.emplace_back(1, c);
    }
    return result;
}

std::string source_lines(const Location& at, std::string_view line) {
    auto all = characters(line);
    auto column = static_cast<size_t>(std::max(at.column, 1)) - 1;
    column = std::min(column, all.size());
    size_t first = column > max_line / 2 && all.size() > max_line ? column - max_line / 2 : 0;
    size_t last = std::min(all.size(), first + max_line);
    std::string shown;
    for (size_t i = first; i < last; ++i)
        shown += all[i];
    auto width = static_cast<size_t>(std::max(at.width, 1));
    width = std::clamp<size_t>(last > column ? last - column : 1, 1, width);
    return fmt::format("\n{:5} | {}\n      | {}^{}", at.line, shown,
                       std::string(column - first, ' '), std::string(width - 1, '~'));
}

} // namespace

std::string format_diagnostic(const Location& at, std::string_view file_text, std::string_view kind,
                              std::string_view message, std::string_view note) {
    std::string result;
    if (at.line > 0)
        result = fmt::format("{}:{}:{}: {}: {}", at.file, at.line, at.column, kind, message);
    else if (!at.file.empty())
        result = fmt::format("{}: {}: {}", at.file, kind, message);
    else
        result = fmt::format("{}: {}", kind, message);
    std::string_view line = at.line > 0 ? line_of(file_text, at.line) : std::string_view();
    if (!trim(line).empty())
        result += source_lines(at, line);
    if (!note.empty())
        result += fmt::format("\n{}", note);
    return result;
}

void Diagnoser::error(Location at, std::string_view message, std::string_view note) {
    at.file = file_;
    errors_.push_back(format_diagnostic(at, text_, "error", message, note));
    if (errors_.size() >= max_errors)
        finish();
}

void Diagnoser::warning(Location at, std::string_view message, std::string_view note) {
    at.file = file_;
    if (warnings_.size() < max_errors)
        warnings_.push_back(format_diagnostic(at, text_, "warning", message, note));
}

void Diagnoser::finish() const {
    if (!errors_.empty())
        throw Diagnostics(join(errors_, "\n"));
}

std::string meant(std::string_view word, const std::vector<std::string_view>& candidates) {
    auto found = did_you_mean(word, candidates);
    return found ? fmt::format("did you mean '{}'?", *found) : "";
}

} // namespace coracle
