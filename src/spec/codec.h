// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "spec/decoder.h"
#include "spec/field.h"

namespace coracle {

/// How values of a C++ type are read and written. Specialised for texts, numbers and so on in
/// scalar_codecs.h; structs that have a table go by it.
template <class T>
struct Codec {
    static constexpr Shape shape() { return {Kind::object, Many::one, &table_of<T>}; }
    static void decode(Decoder& decoder, const Node& node, T& value) {
        decoder.object(node, table_of<T>(), &value);
    }
    static void encode(ValueSink& sink, const T& value) {
        encode_object(table_of<T>(), sink, &value);
    }
};

template <class T>
struct Codec<std::optional<T>> {
    static constexpr Shape shape() { return Codec<T>::shape(); }
    static void decode(Decoder& decoder, const Node& node, std::optional<T>& value) {
        Codec<T>::decode(decoder, node, value.emplace());
    }
};

template <class T>
struct Codec<std::vector<T>> {
    static constexpr Shape shape() {
        return {Codec<T>::shape().kind, Many::list, Codec<T>::shape().table};
    }
    static void decode(Decoder& decoder, const Node& node, std::vector<T>& value) {
        decoder.list(node, [&](const Node& item, size_t) {
            Codec<T>::decode(decoder, item, value.emplace_back());
        });
    }
    static void encode(ValueSink& sink, const std::vector<T>& value) {
        sink.begin_list();
        for (const auto& item : value)
            Codec<T>::encode(sink, item);
        sink.end_list();
    }
};

template <>
struct Codec<std::map<std::string, std::string>> {
    static constexpr Shape shape() { return {Kind::text, Many::map}; }
    static void decode(Decoder& decoder, const Node& node,
                       std::map<std::string, std::string>& value) {
        decoder.map(node, [&](const std::string& key, const Node& item) {
            decoder.text(item, value[key]);
        });
    }
    static void encode(ValueSink& sink, const std::map<std::string, std::string>& value) {
        sink.begin_map();
        for (const auto& [key, text] : value) {
            sink.key(key);
            sink.text(text);
        }
        sink.end_map();
    }
};

template <>
struct Codec<std::string> {
    static constexpr Shape shape() { return {Kind::text}; }
    static void decode(Decoder& decoder, const Node& node, std::string& value) {
        decoder.text(node, value);
    }
    static void encode(ValueSink& sink, const std::string& value) { sink.text(value); }
};

template <>
struct Codec<bool> {
    static constexpr Shape shape() { return {Kind::boolean}; }
    static void decode(Decoder& decoder, const Node& node, bool& value) {
        decoder.boolean(node, value);
    }
    static void encode(ValueSink& sink, bool value) { sink.boolean(value); }
};

template <>
struct Codec<int64_t> {
    static constexpr Shape shape() { return {Kind::integer}; }
    static void decode(Decoder& decoder, const Node& node, int64_t& value) {
        decoder.integer(node, value);
    }
    static void encode(ValueSink& sink, int64_t value) { sink.number(value); }
};

namespace detail {

template <class T>
struct MemberOf;
template <class Object_, class Value_>
struct MemberOf<Value_ Object_::*> {
    using Object = Object_;
    using Value = Value_;
};

template <class T>
constexpr bool is_optional = false;
template <class T>
constexpr bool is_optional<std::optional<T>> = true;

template <class T>
void overlay_value(const Field& field, T& under, const T& over) {
    if constexpr (is_optional<T>) {
        if (!over)
            return;
        if constexpr (requires { over->empty(); })
            if (field.key.empty_is_absent && over->empty())
                return;
        if constexpr (Codec<typename T::value_type>::shape().kind == Kind::object &&
                      Codec<typename T::value_type>::shape().many == Many::one)
            if (field.key.by_key && under) {
                overlay_object(table_of<typename T::value_type>(), &*under, &*over);
                return;
            }
        under = over;
    } else if (!over.empty()) {
        under = over;
    }
}

} // namespace detail

/// The field of a member: field<&KernelSpec::tar>({.name = "tar", ...}).
template <auto member>
Field field(Key key) {
    using Object = typename detail::MemberOf<decltype(member)>::Object;
    using Value = typename detail::MemberOf<decltype(member)>::Value;
    Field result;
    result.key = key;
    result.shape = Codec<Value>::shape();
    result.decode = [](Decoder& decoder, const Node& node, void* object) {
        Codec<Value>::decode(decoder, node, static_cast<Object*>(object)->*member);
    };
    result.encode = [](const Field& self, ValueSink& sink, const void* object) {
        const auto& value = static_cast<const Object*>(object)->*member;
        if constexpr (detail::is_optional<Value>) {
            if (value) {
                sink.key(self.key.name);
                Codec<typename Value::value_type>::encode(sink, *value);
            }
        } else if (!value.empty()) {
            sink.key(self.key.name);
            Codec<Value>::encode(sink, value);
        }
    };
    result.overlay = [](const Field& self, void* under, const void* over) {
        detail::overlay_value(self, static_cast<Object*>(under)->*member,
                              static_cast<const Object*>(over)->*member);
    };
    return result;
}

} // namespace coracle
