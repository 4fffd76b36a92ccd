// SPDX-License-Identifier: Apache-2.0
#include "spec/node.h"

#include <map>
#include <memory>
#include <unordered_map>

#include <fmt/format.h>
#include <yaml.h>

#include "spec/diagnoser.h"
#include "spec/scalar.h"

namespace coracle {

namespace {

std::string text_of(const yaml_char_t* text) {
    return text ? reinterpret_cast<const char*>(text) : "";
}

std::string short_tag(const yaml_char_t* text) {
    constexpr std::string_view core = "tag:yaml.org,2002:";
    std::string tag = text_of(text);
    return tag.starts_with(core) ? "!!" + tag.substr(core.size()) : tag;
}

// Stops composing after an error that leaves nothing to go on with.
struct Broken {};

} // namespace

bool Node::is_null() const { return is_scalar() && resolve_scalar(*this).type == ScalarType::null; }

bool Node::is_merge() const {
    return is_scalar() && text == "<<" && (plain || tag == "!!merge") &&
           (tag.empty() || tag == "!!merge");
}

/// Turns libyaml's events into nodes.
class Composer {
public:
    Composer(std::string_view text, Diagnoser& diagnoser, YamlLimits limits)
        : diagnoser_(diagnoser), limits_(limits) {
        yaml_parser_initialize(&parser_);
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                     text.size());
    }
    ~Composer() {
        yaml_event_delete(&event_);
        yaml_parser_delete(&parser_);
    }
    Composer(const Composer&) = delete;
    Composer& operator=(const Composer&) = delete;

    Document compose() {
        try {
            next(); // stream start
            next();
            if (event_.type == YAML_DOCUMENT_START_EVENT) {
                next();
                document_.root_ = node(0);
                next(); // document end
                note_second();
            }
        } catch (const Broken&) {
            document_.root_ = nullptr;
        }
        return std::move(document_);
    }

private:
    void next() {
        yaml_event_delete(&event_);
        if (!yaml_parser_parse(&parser_, &event_))
            syntax_error();
    }

    [[noreturn]] void fail(Location at, std::string_view message, std::string_view note = {}) {
        diagnoser_.error(std::move(at), message, note);
        throw Broken{};
    }

    [[noreturn]] void syntax_error() {
        std::string problem = parser_.problem ? parser_.problem : "out of memory";
        if (parser_.context)
            problem += fmt::format(" {}", parser_.context);
        Location at;
        if (parser_.error == YAML_READER_ERROR)
            at.line = static_cast<int>(parser_.mark.line) + 1;
        else
            at = place(parser_.problem_mark);
        if (parser_.error == YAML_READER_ERROR)
            at.column = static_cast<int>(parser_.mark.column) + 1;
        std::string note;
        if (problem.find("cannot start any token") != std::string::npos)
            note =
                "indent with spaces, not tabs, and quote texts that start with a special character";
        fail(at, fmt::format("not valid YAML: {}", problem), note);
    }

    // The rest of the file is not looked at, as LinuxKit does not, so a fault there is none.
    void note_second() {
        yaml_event_delete(&event_);
        if (!yaml_parser_parse(&parser_, &event_))
            document_.second_ = place(parser_.problem_mark);
        else if (event_.type == YAML_DOCUMENT_START_EVENT)
            document_.second_ = place(event_.start_mark);
    }

    static Location place(const yaml_mark_t& mark) {
        return {.line = static_cast<int>(mark.line) + 1,
                .column = static_cast<int>(mark.column) + 1};
    }

    Node& add(Node::Kind kind) {
        if (document_.nodes_.size() >= limits_.values)
            fail(place(event_.start_mark),
                 fmt::format("the file holds more than {} values", limits_.values), limits_.note);
        Node& result = document_.nodes_.emplace_back();
        result.kind = kind;
        auto start = place(event_.start_mark);
        result.line = start.line;
        result.column = start.column;
        if (event_.start_mark.line == event_.end_mark.line &&
            event_.end_mark.column > event_.start_mark.column)
            result.width = static_cast<int>(event_.end_mark.column - event_.start_mark.column);
        return result;
    }

    void anchor(const yaml_char_t* name, const Node& target) {
        if (name)
            anchors_[text_of(name)] = &target;
    }

    const Node* node(size_t depth) {
        if (depth > limits_.depth)
            fail(place(event_.start_mark),
                 fmt::format("values are nested more than {} deep", limits_.depth));
        switch (event_.type) {
        case YAML_ALIAS_EVENT: return alias();
        case YAML_SCALAR_EVENT: return scalar();
        case YAML_SEQUENCE_START_EVENT: return sequence(depth);
        case YAML_MAPPING_START_EVENT: return mapping(depth);
        default: fail(place(event_.start_mark), "not valid YAML: unexpected end of a value");
        }
    }

    const Node* alias() {
        std::string name = text_of(event_.data.alias.anchor);
        auto found = anchors_.find(name);
        if (found == anchors_.end())
            fail(place(event_.start_mark),
                 fmt::format("there is no anchor '&{}' before this", name));
        if (open_.contains(found->second))
            fail(place(event_.start_mark), fmt::format("anchor '&{}' contains itself", name));
        return found->second;
    }

    const Node* scalar() {
        Node& result = add(Node::Kind::scalar);
        const auto& data = event_.data.scalar;
        result.text.assign(reinterpret_cast<const char*>(data.value), data.length);
        result.plain = data.style == YAML_PLAIN_SCALAR_STYLE;
        result.tag = short_tag(data.tag);
        anchor(data.anchor, result);
        return &result;
    }

    const Node* sequence(size_t depth) {
        Node& result = add(Node::Kind::sequence);
        result.tag = short_tag(event_.data.sequence_start.tag);
        anchor(event_.data.sequence_start.anchor, result);
        open_[&result] = true;
        for (next(); event_.type != YAML_SEQUENCE_END_EVENT; next())
            result.items.push_back(node(depth + 1));
        open_.erase(&result);
        return &result;
    }

    const Node* mapping(size_t depth) {
        Node& result = add(Node::Kind::mapping);
        result.tag = short_tag(event_.data.mapping_start.tag);
        anchor(event_.data.mapping_start.anchor, result);
        open_[&result] = true;
        std::unordered_map<std::string_view, const Node*> seen;
        for (next(); event_.type != YAML_MAPPING_END_EVENT; next()) {
            const Node* key = node(depth + 1);
            if (key->is_scalar()) {
                auto [first, fresh] = seen.try_emplace(key->text, key);
                if (!fresh)
                    diagnoser_.error(key->location(),
                                     fmt::format("key '{}' comes twice", key->text),
                                     fmt::format("it was on line {} before", first->second->line));
            }
            next();
            result.pairs.push_back({key, node(depth + 1)});
        }
        open_.erase(&result);
        return &result;
    }

    Diagnoser& diagnoser_;
    YamlLimits limits_;
    yaml_parser_t parser_ = {};
    yaml_event_t event_ = {};
    Document document_;
    std::map<std::string, const Node*, std::less<>> anchors_;
    std::unordered_map<const Node*, bool> open_; // collections that are not closed yet
};

Document parse_yaml(std::string_view text, Diagnoser& diagnoser, YamlLimits limits) {
    return Composer(text, diagnoser, limits).compose();
}

} // namespace coracle
