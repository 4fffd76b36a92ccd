// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "spec/location.h"

namespace coracle {

/// One value of a YAML document and where it is. An alias is the very node of its anchor, so that
/// aliases take no memory; who walks the nodes counts what it visits.
struct Node {
    enum class Kind { scalar, sequence, mapping };
    struct Pair {
        const Node* key;
        const Node* value;
    };

    Kind kind = Kind::scalar;
    std::string text = {}; ///< of a scalar
    bool plain = false;    ///< a scalar without quotes
    std::string tag = {};  ///< as in the YAML, with "tag:yaml.org,2002:" as "!!"; mostly ""
    std::vector<const Node*> items = {};
    std::vector<Pair> pairs = {};
    int line = 0, column = 0, width = 1;

    Location location() const { return {.line = line, .column = column, .width = width}; }
    bool is_scalar() const { return kind == Kind::scalar; }
    bool is_sequence() const { return kind == Kind::sequence; }
    bool is_mapping() const { return kind == Kind::mapping; }
    /// A scalar that is null: `~`, `null` or nothing at all.
    bool is_null() const;
    /// A `<<` without quotes.
    bool is_merge() const;
};

/// A YAML file's first document. Owns its nodes.
class Document {
public:
    const Node* root() const { return root_; } ///< nullptr when the file holds no document
    /// Where what follows the first document begins; line 0 when nothing does.
    const Location& second() const { return second_; }

private:
    friend class Composer;
    std::deque<Node> nodes_;
    const Node* root_ = nullptr;
    Location second_;
};

class Diagnoser;

/// Bounds on a YAML document.
struct YamlLimits {
    size_t depth = 64;
    /// Values with those of an alias counted at each use. They may have 320 bytes each on average.
    size_t values = 200'000;
    std::string_view note = {}; ///< below the error about too many values: what to do
};

/// Parses YAML (JSON is YAML too). What is not valid YAML, a duplicate key, an unknown or recursive
/// alias and what exceeds the limits goes to `diagnoser`; the Document is then not to be used.
Document parse_yaml(std::string_view text, Diagnoser& diagnoser, YamlLimits limits = {});

} // namespace coracle
