// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "spec/reference.h"
#include "spec/tables.h"

namespace coracle {

namespace {

using Json = nlohmann::ordered_json;

/// Makes the schema of a table and of all that it leads to.
class SchemaMaker {
public:
    /// The schema of a table in a place, as a reference to `$defs`.
    Json reference(const Table& table, unsigned place) {
        std::string name = definition(table, place);
        if (!definitions_.contains(name)) {
            definitions_[name] = Json::object();
            definitions_[name] = object(table, place);
        }
        return {{"$ref", "#/$defs/" + name}};
    }

    Json object(const Table& table, unsigned place) {
        Json json = {{"type", "object"}, {"description", table.description}};
        json["additionalProperties"] = false;
        Json required = Json::array();
        json["properties"] = Json::object();
        for (const auto& field : table.fields) {
            if (!(field.key.places & place))
                continue;
            json["properties"][std::string(field.key.name)] = property(field, place);
            if (field.key.required)
                required.push_back(field.key.name);
        }
        if (!required.empty())
            json["required"] = std::move(required);
        return json;
    }

    Json take() { return std::move(definitions_); }

private:
    // An image entry has other keys in onboot than in services.
    static std::string definition(const Table& table, unsigned place) {
        std::string name(table.name);
        if (&table == &table_of<ImageEntry>())
            name += place == in_onboot ? " of onboot" : place == in_services ? " of services" : "";
        std::ranges::replace(name, ' ', '-');
        return name;
    }

    Json property(const Field& field, unsigned place) {
        unsigned inner = field.key.enters ? field.key.enters : place;
        Json one = value(field, inner);
        Json json = {{"description", field.key.description}};
        if (field.shape.many == Many::list) {
            json["type"] = "array";
            json["items"] = std::move(one);
        } else if (field.shape.many == Many::map) {
            json["type"] = "object";
            json["additionalProperties"] = std::move(one);
        } else {
            json.update(one);
        }
        return json;
    }

    Json value(const Field& field, unsigned place) {
        switch (field.shape.kind) {
        case Kind::object: return reference(field.shape.table(), place);
        case Kind::boolean: return {{"type", "boolean"}};
        case Kind::id:
        case Kind::duration: return {{"type", {"string", "integer"}}};
        case Kind::integer: return number(field.key.rule);
        case Kind::image:
        case Kind::text: break;
        }
        return text(field.key.rule);
    }

    static Json number(const Rule* rule) {
        Json json = {{"type", "integer"}};
        if (rule && rule->least)
            json["minimum"] = *rule->least;
        if (rule && rule->most)
            json["maximum"] = *rule->most;
        return json;
    }

    static Json text(const Rule* rule) {
        Json json = {{"type", "string"}};
        if (rule && !rule->choices.empty())
            for (auto choice : rule->choices)
                json["enum"].push_back(choice);
        if (rule && !rule->pattern.empty())
            json["pattern"] = rule->pattern;
        return json;
    }

    Json definitions_ = Json::object();
};

} // namespace

std::string json_schema() {
    SchemaMaker maker;
    Json root = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "A system that Coracle builds"}};
    root.update(maker.object(table_of<Spec>(), everywhere));
    root["$defs"] = maker.take();
    return root.dump(2) + "\n";
}

} // namespace coracle
