// SPDX-License-Identifier: Apache-2.0
#include "spec/yaml_writer.h"

#include <algorithm>
#include <array>

#include <yaml.h>

#include <fmt/format.h>

#include "base/error.h"
#include "spec/scalar.h"

namespace coracle {

namespace {

// YAML 1.1 readers have more booleans, and numbers with colons.
bool needs_quotes(std::string_view text) {
    constexpr auto words = std::to_array<std::string_view>(
        {"y", "yes", "on", "n", "no", "off", "true", "false", "null"});
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    bool digit = !text.empty() && ((text[0] >= '0' && text[0] <= '9') || text[0] == '-' ||
                                   text[0] == '+' || text[0] == '.');
    bool number =
        digit && text.find_first_not_of("0123456789-+.:_eExXoO") == std::string_view::npos;
    return number || resolve_plain(text).type != ScalarType::text || text == "<<" || text == "=" ||
           std::ranges::find(words, lower) != words.end();
}

} // namespace

struct YamlWriter::State {
    yaml_emitter_t emitter = {};
    std::string out;

    State() {
        yaml_emitter_initialize(&emitter);
        yaml_emitter_set_output(&emitter, &State::write, this);
        yaml_emitter_set_unicode(&emitter, 1);
        yaml_emitter_set_width(&emitter, -1);
    }
    ~State() { yaml_emitter_delete(&emitter); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    static int write(void* self, unsigned char* data, size_t size) {
        static_cast<State*>(self)->out.append(reinterpret_cast<const char*>(data), size);
        return 1;
    }

    // Takes the event over.
    void emit(yaml_event_t& event, int initialized) {
        if (!initialized || !yaml_emitter_emit(&emitter, &event))
            throw Error("cannot write YAML: {}",
                        emitter.problem ? emitter.problem : "a text is not valid UTF-8");
    }

    void scalar(std::string_view text, yaml_scalar_style_t style) {
        yaml_event_t event;
        bool plain = style == YAML_PLAIN_SCALAR_STYLE;
        auto* bytes = const_cast<yaml_char_t*>(reinterpret_cast<const yaml_char_t*>(text.data()));
        int done =
            yaml_scalar_event_initialize(&event, nullptr, nullptr, bytes,
                                         static_cast<int>(text.size()), plain ? 1 : 0, 1, style);
        emit(event, done);
    }
};

YamlWriter::YamlWriter() : state_(std::make_unique<State>()) {
    yaml_event_t event;
    state_->emit(event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
    state_->emit(event, yaml_document_start_event_initialize(&event, nullptr, nullptr, nullptr, 1));
}

YamlWriter::~YamlWriter() = default;

void YamlWriter::text(std::string_view value) {
    if (value.data() == nullptr)
        value = "";
    auto style = value.find('\n') != std::string_view::npos ? YAML_LITERAL_SCALAR_STYLE
                 : needs_quotes(value)                      ? YAML_DOUBLE_QUOTED_SCALAR_STYLE
                                                            : YAML_PLAIN_SCALAR_STYLE;
    state_->scalar(value, style);
}

void YamlWriter::number(int64_t value) {
    state_->scalar(fmt::format("{}", value), YAML_PLAIN_SCALAR_STYLE);
}

void YamlWriter::boolean(bool value) {
    state_->scalar(value ? "true" : "false", YAML_PLAIN_SCALAR_STYLE);
}

void YamlWriter::begin_list() {
    yaml_event_t event;
    state_->emit(event, yaml_sequence_start_event_initialize(&event, nullptr, nullptr, 1,
                                                             YAML_BLOCK_SEQUENCE_STYLE));
}

void YamlWriter::end_list() {
    yaml_event_t event;
    state_->emit(event, yaml_sequence_end_event_initialize(&event));
}

void YamlWriter::begin_map() {
    yaml_event_t event;
    state_->emit(event, yaml_mapping_start_event_initialize(&event, nullptr, nullptr, 1,
                                                            YAML_BLOCK_MAPPING_STYLE));
}

void YamlWriter::key(std::string_view name) { text(name); }

void YamlWriter::end_map() {
    yaml_event_t event;
    state_->emit(event, yaml_mapping_end_event_initialize(&event));
}

std::string YamlWriter::finish() {
    yaml_event_t event;
    state_->emit(event, yaml_document_end_event_initialize(&event, 1));
    state_->emit(event, yaml_stream_end_event_initialize(&event));
    return std::move(state_->out);
}

} // namespace coracle
