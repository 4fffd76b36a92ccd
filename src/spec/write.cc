// SPDX-License-Identifier: Apache-2.0
#include "spec/write.h"

#include "spec/json_builder.h"
#include "spec/tables.h"
#include "spec/yaml_writer.h"

namespace coracle {

namespace {

template <class T>
std::string text_of(const T& object, int indent) {
    return json_of(object).dump(indent, ' ', false,
                                nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace

std::string to_json(const Spec& spec) { return text_of(spec, 4) + "\n"; }

std::string to_json(const ImageEntry& entry) { return text_of(entry, -1); }

std::string to_json(const VolumeSpec& volume) { return text_of(volume, -1); }

std::string to_json(const FileSpec& file) { return text_of(file, -1); }

std::string to_yaml(const Spec& spec) {
    YamlWriter writer;
    encode_object(table_of<Spec>(), writer, &spec);
    return writer.finish();
}

} // namespace coracle
