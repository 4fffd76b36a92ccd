// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "spec/field.h"

namespace coracle {

/// Builds a JSON document, keys in the order they come. For sources only: heavy to compile.
class JsonBuilder : public ValueSink {
public:
    void text(std::string_view value) override { add(std::string(value)); }
    void number(int64_t value) override { add(value); }
    void boolean(bool value) override { add(value); }
    void begin_list() override { open_.push_back(add(nlohmann::ordered_json::array())); }
    void end_list() override { open_.pop_back(); }
    void begin_map() override { open_.push_back(add(nlohmann::ordered_json::object())); }
    void key(std::string_view name) override { key_ = name; }
    void end_map() override { open_.pop_back(); }

    nlohmann::ordered_json take() { return std::move(root_); }

private:
    nlohmann::ordered_json* add(nlohmann::ordered_json value) {
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        auto& parent = *open_.back();
        if (parent.is_array()) {
            parent.push_back(std::move(value));
            return &parent.back();
        }
        return &(parent[key_] = std::move(value));
    }

    nlohmann::ordered_json root_;
    std::vector<nlohmann::ordered_json*> open_;
    std::string key_;
};

/// The JSON of a struct that has a table.
template <class T>
nlohmann::ordered_json json_of(const T& object) {
    JsonBuilder builder;
    encode_object(table_of<T>(), builder, &object);
    return builder.take();
}

} // namespace coracle
