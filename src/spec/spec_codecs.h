// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "spec/codec.h"
#include "spec/spec.h"

namespace coracle {

// How the value types of spec.h are read and written.

template <>
struct Codec<Id> {
    static constexpr Shape shape() { return {Kind::id}; }
    static void decode(Decoder& decoder, const Node& node, Id& value);
    static void encode(ValueSink& sink, const Id& value);
};

template <>
struct Codec<ImageName> {
    static constexpr Shape shape() { return {Kind::image}; }
    static void decode(Decoder& decoder, const Node& node, ImageName& value);
    static void encode(ValueSink& sink, const ImageName& value) { sink.text(value.text); }
};

template <>
struct Codec<Duration> {
    static constexpr Shape shape() { return {Kind::duration}; }
    static void decode(Decoder& decoder, const Node& node, Duration& value);
    static void encode(ValueSink& sink, const Duration& value);
};

template <>
struct Codec<Restart> {
    static constexpr Shape shape() { return {Kind::text}; }
    static void decode(Decoder& decoder, const Node& node, Restart& value);
    static void encode(ValueSink& sink, Restart value);
};

/// "90s", "2m", "1h30m", "500" (seconds) as seconds; nullopt for anything else and for more than 10
/// years.
std::optional<Duration> parse_duration(std::string_view text);

/// "always", "on-failure", "never".
std::string_view name_of(Restart restart);

} // namespace coracle
