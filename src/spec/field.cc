// SPDX-License-Identifier: Apache-2.0
#include "spec/field.h"

#include <algorithm>

namespace coracle {

const Field* Table::find(std::string_view key) const {
    auto found = std::ranges::find(fields, key, [](const Field& field) { return field.key.name; });
    return found == fields.end() ? nullptr : &*found;
}

std::string words(Kind kind) {
    switch (kind) {
    case Kind::text: return "a string";
    case Kind::boolean: return "true or false";
    case Kind::integer: return "a whole number";
    case Kind::id: return "a number or a name";
    case Kind::image: return "an image reference";
    case Kind::duration: return "a duration";
    case Kind::object: break;
    }
    return "a mapping";
}

std::string words(const Shape& shape) {
    if (shape.many == Many::one)
        return words(shape.kind);
    std::string many = shape.many == Many::list ? "a list of " : "a mapping of ";
    switch (shape.kind) {
    case Kind::text: return many + "strings";
    case Kind::boolean: return many + "booleans";
    case Kind::integer: return many + "whole numbers";
    case Kind::id: return many + "numbers and names";
    case Kind::image: return many + "image references";
    case Kind::duration: return many + "durations";
    case Kind::object: break;
    }
    return many + "mappings";
}

void encode_object(const Table& table, ValueSink& sink, const void* object) {
    sink.begin_map();
    for (const auto& field : table.fields)
        field.encode(field, sink, object);
    sink.end_map();
}

void overlay_object(const Table& table, void* under, const void* over) {
    for (const auto& field : table.fields)
        field.overlay(field, under, over);
}

} // namespace coracle
