// SPDX-License-Identifier: Apache-2.0
#include "spec/decoder.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "spec/diagnoser.h"
#include "spec/scalar.h"

namespace coracle {

namespace {

// Sets a variable for the length of a scope.
template <class T>
class Scoped {
public:
    Scoped(T& variable, T value)
        : variable_(variable), old_(std::exchange(variable, std::move(value))) {}
    ~Scoped() { variable_ = std::move(old_); }
    Scoped(const Scoped&) = delete;
    Scoped& operator=(const Scoped&) = delete;

private:
    T& variable_;
    T old_;
};

std::string name_in(const Node& node) {
    for (const auto& [key, value] : node.pairs)
        if (key->is_scalar() && (key->text == "name" || key->text == "path") && value->is_scalar())
            return value->text.substr(0, 80);
    return {};
}

std::string kind_of(const Node& node) {
    if (node.is_sequence())
        return "a list";
    if (node.is_mapping())
        return "a mapping";
    switch (resolve_scalar(node).type) {
    case ScalarType::null: return "empty";
    case ScalarType::boolean: return "a boolean";
    case ScalarType::integer:
    case ScalarType::real: return "a number";
    case ScalarType::text: break;
    }
    return "a string";
}

std::string advice(const Node& node, std::string_view wanted) {
    std::string shown = node.text.substr(0, 60);
    if (!node.is_scalar())
        return {};
    if (node.is_null())
        return "leave the key out, or give it a value";
    auto type = resolve_scalar(node).type;
    if (type != ScalarType::text && (wanted == "a string" || wanted == "an image reference"))
        return fmt::format("put it in quotes: \"{}\"", shown);
    if (type == ScalarType::text && wanted == "true or false" && node.text.size() <= 5)
        return "write true or false, without quotes";
    if (type == ScalarType::text && wanted == "a list of strings")
        return fmt::format("write it as a list: [\"{}\"]", shown);
    return {};
}

} // namespace

Location Decoder::location(const Node& node) const {
    Location at = node.location();
    at.file = diagnoser_.file();
    return at;
}

std::string Decoder::where() const {
    std::string inner;
    for (size_t i = 1; i < steps_.size(); ++i)
        inner += (inner.empty() ? "" : ".") + steps_[i].label;
    if (steps_.empty())
        return inner;
    std::string outer = steps_[0].label;
    if (!steps_[0].name.empty())
        outer += fmt::format(" '{}'", steps_[0].name);
    return inner.empty() ? outer : fmt::format("{} of {}", inner, outer);
}

std::string Decoder::subject() const {
    std::string place = where();
    return place.empty() ? fmt::format("'{}'", label_) : fmt::format("'{}' in {}", label_, place);
}

void Decoder::error(const Location& at, std::string_view message, std::string_view note) {
    std::string place = where();
    diagnoser_.error(
        at, place.empty() ? std::string(message) : fmt::format("{} in {}", message, place), note);
}

void Decoder::warning(const Location& at, std::string_view message, std::string_view note) {
    std::string place = where();
    diagnoser_.warning(
        at, place.empty() ? std::string(message) : fmt::format("{} in {}", message, place), note);
}

void Decoder::count(const Node& node) {
    ++values_;
    text_ += node.text.size();
    constexpr size_t bytes_per_value = 320;
    if (values_ <= limits_.values && text_ / bytes_per_value <= limits_.values)
        return;
    diagnoser_.error(node.location(), "the aliases in this file make it too large", limits_.note);
    diagnoser_.finish();
}

void Decoder::note_place(const Node& node) {
    if (!places_)
        return;
    std::string path;
    for (size_t i = places_from_; i < steps_.size(); ++i)
        path += steps_[i].label + ".";
    places_->try_emplace(path + label_, location(node));
}

void Decoder::merge_pairs(const Node& value, std::vector<Node::Pair>& into,
                          std::unordered_set<std::string_view>& names, size_t depth) {
    count(value);
    if (!value.is_mapping()) {
        diagnoser_.error(value.location(), "'<<' must be a mapping or a list of mappings");
        return;
    }
    for (const auto& pair : pairs(value, depth + 1))
        if (names.insert(pair.key->text).second)
            into.push_back(pair);
}

std::vector<Node::Pair> Decoder::pairs(const Node& node, size_t depth) {
    std::vector<Node::Pair> result;
    const Node* merged = nullptr;
    for (const auto& pair : node.pairs) {
        count(*pair.key);
        if (pair.key->is_merge())
            merged = pair.value;
        else if (pair.key->is_scalar() && resolve_scalar(*pair.key).type == ScalarType::text)
            result.push_back(pair);
        else
            diagnoser_.error(pair.key->location(), "a key must be a string",
                             pair.key->is_scalar() ? "put it in quotes" : "");
    }
    if (!merged)
        return result;
    if (depth > 16) {
        diagnoser_.error(merged->location(), "'<<' is nested more than 16 deep");
        return result;
    }
    std::unordered_set<std::string_view> names;
    for (const auto& pair : result)
        names.insert(pair.key->text);
    if (merged->is_sequence())
        for (const Node* item : merged->items)
            merge_pairs(*item, result, names, depth);
    else
        merge_pairs(*merged, result, names, depth);
    return result;
}

void Decoder::object(const Node& node, const Table& table, void* object) {
    count(node);
    if (!label_.empty())
        note_place(node);
    if (table.locate)
        table.locate(object, location(node));
    if (!node.is_mapping()) {
        if (label_.empty())
            diagnoser_.error(node.location(), fmt::format("the {} must be a mapping, but is {}",
                                                          table.name, kind_of(node)));
        else
            wrong_kind(node, "a mapping");
        return;
    }
    if (label_.empty()) {
        read(node, table, object);
        return;
    }
    steps_.push_back({label_, name_in(node)});
    Scoped places(places_, table.places ? &table.places(object) : places_);
    Scoped from(places_from_, table.places ? steps_.size() : places_from_);
    read(node, table, object);
    steps_.pop_back();
}

void Decoder::read(const Node& node, const Table& table, void* object) {
    Scoped field(field_, field_);
    Scoped label(label_, std::string());
    auto all = pairs(node, 0);
    for (const auto& [name, value] : all)
        read_key(*name, *value, table, object);
    require(node, all, table);
    if (table.check)
        table.check(*this, object);
}

void Decoder::require(const Node& node, const std::vector<Node::Pair>& pairs, const Table& table) {
    for (const auto& field : table.fields) {
        auto is_it = [&](const Node::Pair& pair) { return pair.key->text == field.key.name; };
        if (field.key.required && (field.key.places & place_) && std::ranges::none_of(pairs, is_it))
            diagnoser_.error(node.location(),
                             fmt::format("{} has no '{}'", where(), field.key.name));
    }
}

void Decoder::unknown_key(const Node& key, const Table& table) {
    std::vector<std::string_view> names;
    for (const auto& field : table.fields)
        if (field.key.places & place_)
            names.push_back(field.key.name);
    error(key, fmt::format("unknown key '{}'", key.text), meant(key.text, names));
}

void Decoder::read_key(const Node& key, const Node& value, const Table& table, void* object) {
    const Field* field = table.find(key.text);
    if (!field) {
        unknown_key(key, table);
        return;
    }
    if (!(field->key.places & place_)) {
        std::string_view proper = field->key.places == in_onboot ? "onboot" : "services";
        diagnoser_.error(key.location(), place_ == in_label
                                             ? fmt::format("'{}' is not for a label", key.text)
                                             : fmt::format("'{}' is for {} only, not for {}",
                                                           key.text, proper, where()));
        return;
    }
    if (field->key.ours && strict_) {
        error(key, fmt::format("LinuxKit has no key '{}'", key.text));
        return;
    }
    field_ = field;
    label_ = field->key.name;
    Scoped place(place_, field->key.enters ? field->key.enters : place_);
    field->decode(*this, value, object);
}

bool Decoder::list(const Node& node, const std::function<void(const Node&, size_t)>& element) {
    count(node);
    note_place(node);
    if (!node.is_sequence()) {
        wrong_kind(node, "a list");
        return false;
    }
    std::string base = label_;
    for (size_t i = 0; i < node.items.size(); ++i) {
        label_ = fmt::format("{}[{}]", base, i);
        element(*node.items[i], i);
    }
    label_ = base;
    return true;
}

bool Decoder::map(const Node& node,
                  const std::function<void(const std::string&, const Node&)>& element) {
    count(node);
    note_place(node);
    if (!node.is_mapping()) {
        wrong_kind(node, "a mapping of strings");
        return false;
    }
    std::string base = label_;
    for (const auto& [key, value] : pairs(node, 0)) {
        label_ = fmt::format("{}.{}", base, key->text);
        element(key->text, *value);
    }
    label_ = base;
    return true;
}

bool Decoder::is_number(const Node& node) {
    if (!node.is_scalar())
        return false;
    auto type = resolve_scalar(node).type;
    return type == ScalarType::integer || type == ScalarType::real;
}

bool Decoder::text(const Node& node, std::string& value) {
    count(node);
    note_place(node);
    if (!node.is_scalar() || resolve_scalar(node).type != ScalarType::text) {
        wrong_kind(node, "a string");
        return false;
    }
    value = node.text;
    return check_rule(node, value);
}

bool Decoder::boolean(const Node& node, bool& value) {
    count(node);
    note_place(node);
    Scalar scalar = node.is_scalar() ? resolve_scalar(node) : Scalar{};
    if (scalar.type != ScalarType::boolean) {
        wrong_kind(node, "true or false");
        return false;
    }
    value = scalar.boolean;
    return true;
}

bool Decoder::integer(const Node& node, int64_t& value) {
    count(node);
    note_place(node);
    Scalar scalar = node.is_scalar() ? resolve_scalar(node) : Scalar{};
    constexpr double exact = 9007199254740992; // 2^53
    bool whole = scalar.type == ScalarType::real && scalar.real >= -exact && scalar.real <= exact &&
                 scalar.real == static_cast<double>(static_cast<int64_t>(scalar.real));
    if (scalar.type != ScalarType::integer && !whole) {
        wrong_kind(node, "a whole number");
        return false;
    }
    value = whole ? static_cast<int64_t>(scalar.real) : scalar.integer;
    const Rule* rule = field_ ? field_->key.rule : nullptr;
    if (rule && ((rule->least && value < *rule->least) || (rule->most && value > *rule->most))) {
        diagnoser_.error(node.location(),
                         fmt::format("{} must be {}, but is {}", subject(), rule->words, value));
        return false;
    }
    return true;
}

void Decoder::wrong_kind(const Node& node, std::string_view wanted) {
    std::string more = wanted == "a list" && field_ ? words(field_->shape) : std::string(wanted);
    diagnoser_.error(node.location(),
                     fmt::format("{} must be {}, but is {}", subject(), more, kind_of(node)),
                     advice(node, more));
}

bool Decoder::check_rule(const Node& node, const std::string& value) {
    const Rule* rule = field_ ? field_->key.rule : nullptr;
    if (!rule)
        return true;
    if (!rule->choices.empty() && std::ranges::find(rule->choices, value) == rule->choices.end()) {
        std::vector<std::string> shown;
        for (auto choice : rule->choices)
            if (!choice.empty())
                shown.push_back(std::string(choice));
        diagnoser_.error(node.location(),
                         fmt::format("{} cannot be '{}'", subject(), value.substr(0, 80)),
                         fmt::format("it may be {}", join(shown, ", ")));
        return false;
    }
    if (rule->check)
        if (auto problem = rule->check(value)) {
            error(node, problem->message, problem->note);
            return false;
        }
    return true;
}

} // namespace coracle
