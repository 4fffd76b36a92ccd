// SPDX-License-Identifier: Apache-2.0
#include "spec/write.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "spec/tables.h"
#include "spec/yaml_writer.h"

namespace coracle {

namespace {

/// Builds a JSON document from its parts.
class JsonBuilder : public ValueSink {
public:
    void text(std::string_view value) override { add(std::string(value)); }
    void number(int64_t value) override { add(value); }
    void boolean(bool value) override { add(value); }
    void begin_list() override { open(nlohmann::ordered_json::array()); }
    void end_list() override { open_.pop_back(); }
    void begin_map() override { open(nlohmann::ordered_json::object()); }
    void key(std::string_view name) override { key_ = name; }
    void end_map() override { open_.pop_back(); }

    std::string str(int indent) const {
        return root_.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    }

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
    void open(nlohmann::ordered_json value) { open_.push_back(add(std::move(value))); }

    nlohmann::ordered_json root_;
    std::vector<nlohmann::ordered_json*> open_;
    std::string key_;
};

template <class T>
std::string json_of(const T& object, int indent) {
    JsonBuilder builder;
    encode_object(table_of<T>(), builder, &object);
    return builder.str(indent);
}

} // namespace

std::string to_json(const Spec& spec) { return json_of(spec, 4) + "\n"; }

std::string to_json(const ImageEntry& entry) { return json_of(entry, -1); }

std::string to_json(const VolumeSpec& volume) { return json_of(volume, -1); }

std::string to_json(const FileSpec& file) { return json_of(file, -1); }

std::string to_yaml(const Spec& spec) {
    YamlWriter writer;
    encode_object(table_of<Spec>(), writer, &spec);
    return writer.finish();
}

} // namespace coracle
