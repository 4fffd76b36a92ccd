// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/location.h"

namespace coracle {

// One table per struct says which keys it has, what each means and which member it fills. Reading,
// writing, merging, the reference page and the JSON schema all follow the same table.

class Decoder;
class ValueSink;
struct Node;
struct Table;

/// What a value is.
enum class Kind { text, boolean, integer, id, image, duration, object };
enum class Many { one, list, map };

/// The kind of value a key takes; follows from the C++ type of its member.
struct Shape {
    Kind kind = Kind::text;
    Many many = Many::one;
    const Table& (*table)() = nullptr; ///< of Kind::object
};

/// What is wrong with a value: "unknown capability 'CAP_FLY'", and a last line for the error or "".
struct Problem {
    std::string message = {};
    std::string note = {};
};

/// What a text or number must be beyond its kind. Of a list it holds for each element.
struct Rule {
    std::string_view words = {};   ///< for the reference: "octal digits"
    std::string_view pattern = {}; ///< ECMAScript regular expression, for the JSON schema
    std::span<const std::string_view> choices = {};
    std::optional<int64_t> least = {}, most = {};
    /// Called for texts; checks pattern and whatever a pattern cannot say.
    std::optional<Problem> (*check)(const std::string& text) = nullptr;
};

/// Where an image entry stands: some keys are for some places only.
enum Place : unsigned {
    in_onboot = 1,
    in_onshutdown = 2,
    in_services = 4,
    in_label = 8,
    in_entries = in_onboot | in_onshutdown | in_services,
    everywhere = in_entries | in_label,
};

/// What a table says of a key.
struct Key {
    std::string_view name;
    std::string_view description;
    std::string_view default_value = {};
    std::string_view example = {}; ///< YAML of the value
    const Rule* rule = nullptr;
    bool required = false;
    bool ours = false; ///< an extension of Coracle, refused by --strict-linuxkit
    unsigned places = everywhere;
    bool empty_is_absent = false; ///< an empty text does not replace what is below
    bool by_key = false;          ///< an object that is merged key by key, not replaced
    unsigned enters = 0;          ///< the Place its entries are in; 0 = the same
};

/// A key and how its member is read, written and merged. `object` points to the table's struct.
struct Field {
    Key key;
    Shape shape;
    void (*decode)(Decoder& decoder, const Node& node, void* object);
    /// Writes name and value; nothing when the value is absent.
    void (*encode)(const Field& field, ValueSink& sink, const void* object);
    void (*overlay)(const Field& field, void* under, const void* over);
};

/// The keys of one struct, in the order they are documented and written.
struct Table {
    std::string_view name; ///< "image entry"
    std::string_view description;
    std::vector<Field> fields;
    /// Keeps in the object where it was found.
    void (*locate)(void* object, const Location& at) = nullptr;
    /// The object's notes on where each of its values is.
    std::map<std::string, Location>& (*places)(void* object) = nullptr;
    /// What is to be checked once all keys are read.
    void (*check)(Decoder& decoder, const void* object) = nullptr;

    const Field* find(std::string_view key) const;
};

/// "a list of strings", "true or false".
std::string words(const Shape& shape);
/// The same for one element of it.
std::string words(Kind kind);

/// The table of a struct; specialised in tables.h.
template <class T>
const Table& table_of();

void encode_object(const Table& table, ValueSink& sink, const void* object);
/// Key by key: what `over` has replaces what `under` has, as the keys' flags say.
void overlay_object(const Table& table, void* under, const void* over);

/// Takes a value in parts, in order.
class ValueSink {
public:
    virtual ~ValueSink() = default;
    virtual void text(std::string_view value) = 0;
    virtual void number(int64_t value) = 0;
    virtual void boolean(bool value) = 0;
    virtual void begin_list() = 0;
    virtual void end_list() = 0;
    virtual void begin_map() = 0;
    virtual void key(std::string_view name) = 0;
    virtual void end_map() = 0;
};

} // namespace coracle
