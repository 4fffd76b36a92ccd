// SPDX-License-Identifier: Apache-2.0
#include "spec/spec_codecs.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "oci/reference.h"
#include "spec/diagnoser.h"

namespace coracle {

void Codec<Id>::decode(Decoder& decoder, const Node& node, Id& value) {
    if (!Decoder::is_number(node)) {
        if (!node.is_scalar() || node.is_null())
            decoder.wrong_kind(node, words(Kind::id));
        else
            decoder.text(node, value.emplace<std::string>());
        return;
    }
    int64_t number = 0;
    if (!decoder.integer(node, number))
        return;
    if (number < 0 || number > UINT32_MAX)
        decoder.error(node, fmt::format("'{}' must be from 0 to {}", decoder.label(), UINT32_MAX));
    else
        value = static_cast<uint32_t>(number);
}

void Codec<Id>::encode(ValueSink& sink, const Id& value) {
    if (const auto* number = std::get_if<uint32_t>(&value))
        sink.number(*number);
    else
        sink.text(std::get<std::string>(value));
}

void Codec<ImageName>::decode(Decoder& decoder, const Node& node, ImageName& value) {
    value.at = decoder.location(node);
    std::string text;
    if (!decoder.text(node, text))
        return;
    value.text = text;
    if (text.empty() || value.is_package())
        return;
    try {
        Reference::parse(text);
    } catch (const Error& fault) {
        decoder.error(node, fault.message(), fault.hint().empty() ? "" : "try: " + fault.hint());
    }
}

void Codec<Duration>::decode(Decoder& decoder, const Node& node, Duration& value) {
    std::string text;
    if (Decoder::is_number(node))
        text = node.text;
    else if (!decoder.text(node, text))
        return;
    if (auto duration = parse_duration(text))
        value = *duration;
    else
        decoder.error(node, fmt::format("'{}' cannot be '{}'", decoder.label(), text.substr(0, 80)),
                      "write a number of seconds, or a text such as 90s, 2m or 1h30m");
}

void Codec<Duration>::encode(ValueSink& sink, const Duration& value) {
    sink.number(static_cast<int64_t>(value.seconds));
}

void Codec<Restart>::decode(Decoder& decoder, const Node& node, Restart& value) {
    std::string text;
    if (!decoder.text(node, text))
        return;
    for (auto restart : {Restart::always, Restart::on_failure, Restart::never})
        if (text == name_of(restart))
            value = restart;
}

void Codec<Restart>::encode(ValueSink& sink, Restart value) { sink.text(name_of(value)); }

std::string_view name_of(Restart restart) {
    switch (restart) {
    case Restart::always: return "always";
    case Restart::on_failure: return "on-failure";
    case Restart::never: break;
    }
    return "never";
}

std::optional<Duration> parse_duration(std::string_view text) {
    constexpr uint64_t ten_years = uint64_t{10} * 366 * 24 * 3600;
    constexpr std::string_view units = "hms";
    constexpr uint64_t seconds_of[] = {3600, 60, 1};
    if (auto plain = parse_number(text))
        return *plain <= ten_years ? std::optional(Duration{*plain}) : std::nullopt;
    uint64_t total = 0;
    size_t least_unit = 0;
    while (!text.empty()) {
        auto end = text.find_first_not_of("0123456789");
        if (end == std::string_view::npos)
            return std::nullopt;
        auto number = parse_number(text.substr(0, end));
        auto unit = units.find(text[end]);
        if (!number || *number > ten_years || unit == std::string_view::npos || unit < least_unit)
            return std::nullopt;
        total += *number * seconds_of[unit];
        least_unit = unit + 1;
        text.remove_prefix(end + 1);
    }
    if (least_unit == 0 || total > ten_years)
        return std::nullopt;
    return Duration{total};
}

} // namespace coracle
