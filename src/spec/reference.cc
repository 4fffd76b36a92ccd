// SPDX-License-Identifier: Apache-2.0
#include "spec/reference.h"

#include <set>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "spec/tables.h"

namespace coracle {

namespace {

// In a table's cell a '|' would end it.
std::string cell(std::string_view text) {
    std::string result;
    for (char c : text)
        result += c == '|' ? "\\|" : std::string(1, c);
    return result;
}

std::string places(unsigned where) {
    if (where == in_onboot)
        return " In `onboot` only.";
    if (where == in_services)
        return " In `services` only.";
    return "";
}

std::string anchor(const Table& table) {
    std::string name(table.name);
    for (auto& c : name)
        c = c == ' ' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return name;
}

std::string type_words(const Field& field) {
    if (field.shape.kind != Kind::object)
        return words(field.shape);
    const Table& table = field.shape.table();
    return fmt::format("{}[{}](#{})", field.shape.many == Many::list ? "a list of " : "",
                       table.name, anchor(table));
}

std::string meaning(const Field& field) {
    std::string text(field.key.description);
    const Rule* rule = field.key.rule;
    if (rule && !rule->choices.empty()) {
        std::vector<std::string> shown;
        for (auto choice : rule->choices)
            if (!choice.empty())
                shown.push_back(fmt::format("`{}`", choice));
        text += fmt::format(" One of {}.", join(shown, ", "));
    }
    text += places(field.key.places);
    if (field.key.required)
        text += " **Required.**";
    if (field.key.ours)
        text += " *An extension of Coracle.*";
    return text;
}

std::string section(const Table& table) {
    std::string text = fmt::format(
        "## {}\n\n{}\n\n| key | value | meaning | default | example |\n|---|---|---|---|---|\n",
        table.name, table.description);
    for (const auto& field : table.fields)
        text += fmt::format("| `{}` | {} | {} | {} | `{}` |\n", field.key.name, type_words(field),
                            cell(meaning(field)), cell(field.key.default_value),
                            cell(field.key.example));
    return text + "\n";
}

void add_sections(const Table& table, std::set<const Table*>& seen, std::string& text) {
    if (!seen.insert(&table).second)
        return;
    text += section(table);
    for (const auto& field : table.fields)
        if (field.shape.kind == Kind::object)
            add_sections(field.shape.table(), seen, text);
}

} // namespace

std::string reference_page() {
    std::string text = "# The YAML file\n\nMade from the tables that the program reads the file "
                       "with. Unknown keys are errors.\n\n";
    std::set<const Table*> seen;
    add_sections(table_of<Spec>(), seen, text);
    text.pop_back();
    return text;
}

} // namespace coracle
