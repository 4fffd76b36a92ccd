// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "spec/field.h"
#include "spec/location.h"
#include "spec/node.h"

namespace coracle {

class Diagnoser;

/// Reads nodes into structs by their tables. Every fault goes to the Diagnoser and reading goes on.
class Decoder {
public:
    Decoder(Diagnoser& diagnoser, bool strict, YamlLimits limits = {})
        : diagnoser_(diagnoser), strict_(strict), limits_(limits) {}

    void object(const Node& node, const Table& table, void* object);
    /// Calls `element` for each element of a list; false when `node` is no list.
    bool list(const Node& node, const std::function<void(const Node&, size_t)>& element);
    bool map(const Node& node,
             const std::function<void(const std::string& key, const Node& value)>& element);
    /// The text of a scalar that is one and keeps to the key's rule.
    bool text(const Node& node, std::string& value);
    bool boolean(const Node& node, bool& value);
    bool integer(const Node& node, int64_t& value);
    /// A scalar that YAML takes for a number.
    static bool is_number(const Node& node);
    void wrong_kind(const Node& node, std::string_view wanted);

    /// An error about a value of the object that is being read: " in services[0] 'redis'" is added.
    void error(const Location& at, std::string_view message, std::string_view note = {});
    void error(const Node& node, std::string_view message, std::string_view note = {}) {
        error(node.location(), message, note);
    }
    void warning(const Location& at, std::string_view message, std::string_view note = {});
    Location location(const Node& node) const;
    /// Of the object that is being read: "runtime of services[0] 'redis'", "" for the whole file.
    std::string where() const;
    /// Of the value that is being read: "env[1]".
    const std::string& label() const { return label_; }
    Diagnoser& diagnoser() { return diagnoser_; }

    /// Which of Place the entries are in that are read now.
    void set_place(unsigned place) { place_ = place; }
    unsigned place() const { return place_; }
    bool strict() const { return strict_; }

private:
    void read(const Node& node, const Table& table, void* object);
    void require(const Node& node, const std::vector<Node::Pair>& pairs, const Table& table);
    /// One object on the way from the file to the value.
    struct Step {
        std::string label; ///< "services[0]", "runtime"
        std::string name;  ///< of the object, where it has a name or path
    };

    void read_key(const Node& key, const Node& value, const Table& table, void* object);
    void unknown_key(const Node& key, const Table& table);
    /// The pairs of a mapping with those of `<<`, which do not replace.
    std::vector<Node::Pair> pairs(const Node& node, size_t depth);
    void merge_pairs(const Node& value, std::vector<Node::Pair>& into,
                     std::unordered_set<std::string_view>& names, size_t depth);
    void count(const Node& node);
    bool check_rule(const Node& node, const std::string& value);
    /// "'binds[0]' in services[1] 'redis'".
    std::string subject() const;
    void note_place(const Node& node);

    Diagnoser& diagnoser_;
    bool strict_;
    YamlLimits limits_;
    unsigned place_ = everywhere;
    const Field* field_ = nullptr; ///< whose value is read now
    std::string label_ = {};       ///< of that value: "env[1]"
    std::vector<Step> steps_ = {};
    std::map<std::string, Location>* places_ = nullptr;
    size_t places_from_ = 0;
    size_t values_ = 0;
    size_t text_ = 0;
};

} // namespace coracle
