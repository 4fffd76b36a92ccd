// SPDX-License-Identifier: Apache-2.0
#include "spec/tables.h"

#include <functional>
#include <set>

#include <gtest/gtest.h>

#include "base/error.h"
#include "spec/diagnoser.h"
#include "spec/json_builder.h"

using namespace coracle;

namespace {

void for_each_table(const Table& table, std::set<const Table*>& seen,
                    const std::function<void(const Table&)>& visit) {
    if (!seen.insert(&table).second)
        return;
    visit(table);
    for (const auto& field : table.fields)
        if (field.shape.kind == Kind::object)
            for_each_table(field.shape.table(), seen, visit);
}

void for_each_table(const std::function<void(const Table&)>& visit) {
    std::set<const Table*> seen;
    for_each_table(table_of<Spec>(), seen, visit);
}

} // namespace

TEST(Tables, ReachEveryStruct) {
    size_t count = 0, keys = 0;
    for_each_table([&](const Table& table) {
        ++count;
        keys += table.fields.size();
    });
    EXPECT_EQ(count, 23u);
    EXPECT_GT(keys, 120u);
}

TEST(Tables, SayWhatEveryKeyIs) {
    for_each_table([](const Table& table) {
        EXPECT_FALSE(table.description.empty()) << table.name;
        std::set<std::string_view> names;
        for (const auto& field : table.fields) {
            EXPECT_TRUE(names.insert(field.key.name).second) << table.name << " " << field.key.name;
            EXPECT_TRUE(field.key.description.ends_with('.'))
                << table.name << " " << field.key.name;
            EXPECT_FALSE(field.key.example.empty()) << table.name << " " << field.key.name;
        }
    });
}

namespace {

// Reads each example by the very code that reads the user's file, and writes it again.
template <class T>
void check_examples() {
    for (const auto& field : table_of<T>().fields) {
        std::string text = fmt::format("{}: {}\n", field.key.name, field.key.example);
        Table alone{.name = "example", .description = "", .fields = {field}};
        Diagnoser diagnoser("example", text);
        Decoder decoder(diagnoser, false);
        if (field.key.places != everywhere)
            decoder.set_place(field.key.places & in_services ? in_services : in_onboot);
        T object;
        try {
            Document document = parse_yaml(text, diagnoser);
            ASSERT_TRUE(document.root()) << text;
            decoder.object(*document.root(), alone, &object);
            diagnoser.finish();
        } catch (const Diagnostics& error) {
            FAIL() << error.what();
        }
        T copy;
        overlay_object(alone, &copy, &object);
        EXPECT_NE(json_of(copy), json_of(T{})) << text;
    }
}

template <class... T>
void check_all_examples() {
    (check_examples<T>(), ...);
}

} // namespace

TEST(Tables, EveryExampleIsValid) {
    check_all_examples<Spec, KernelSpec, ImageEntry, MountSpec, DeviceSpec, RuntimeSpec,
                       InterfaceSpec, BindNamespaces, VolumeSpec, FileSpec, TrustSpec, Resources,
                       DeviceRule, MemoryResources, CpuResources, PidsResources, BlockIoResources,
                       WeightDevice, ThrottleDevice, HugepageLimit, NetworkResources,
                       InterfacePriority, IdMapping>();
}
