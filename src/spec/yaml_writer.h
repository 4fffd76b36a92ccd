// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "spec/field.h"

namespace coracle {

/// Writes one YAML document. A text that a YAML reader could take for something else is quoted.
class YamlWriter : public ValueSink {
public:
    YamlWriter();
    ~YamlWriter() override;

    void text(std::string_view value) override;
    void number(int64_t value) override;
    void boolean(bool value) override;
    void begin_list() override;
    void end_list() override;
    void begin_map() override;
    void key(std::string_view name) override;
    void end_map() override;

    /// Ends the document and returns it.
    std::string finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace coracle
