// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/error.h"
#include "spec/decoder.h"
#include "spec/diagnoser.h"
#include "spec/entry_check.h"
#include "spec/read.h"
#include "spec/tables.h"

namespace coracle {

namespace {

constexpr size_t max_label = 256 << 10;

void require_size(std::string_view text, const std::string& name, uint64_t limit) {
    if (text.size() > limit)
        throw Diagnostics("{}: error: the file is larger than {} bytes", name, limit);
}

// Decodes; the errors come together.
void read_document(const Document& document, Diagnoser& diagnoser, Decoder& decoder,
                   const Table& table, void* object) {
    if (!diagnoser.failed() && !document.root())
        diagnoser.error({}, "there is nothing in it");
    diagnoser.finish();
    decoder.object(*document.root(), table, object);
    if (document.second().line > 0)
        diagnoser.warning(document.second(), "only the first YAML document of a file is read");
    diagnoser.finish();
}

// An empty reference is none.
void drop_empty(std::optional<ImageName>& image) {
    if (image && image->empty())
        image.reset();
}

} // namespace

Spec parse_spec(std::string_view text, const std::string& file_name, ParseOptions options) {
    require_size(text, file_name, max_spec_size);
    Diagnoser diagnoser(file_name, text);
    YamlLimits limits{.values = options.max_values, .note = "try: --limit values=NUMBER"};
    Document document = parse_yaml(text, diagnoser, limits);
    Decoder decoder(diagnoser, options.strict_linuxkit, limits);
    Spec spec;
    read_document(document, diagnoser, decoder, table_of<Spec>(), &spec);
    if (spec.kernel)
        drop_empty(spec.kernel->image);
    if (spec.volumes)
        for (auto& volume : *spec.volumes)
            drop_empty(volume.image);
    spec.warnings = diagnoser.warnings();
    spec.sources.push_back({file_name, std::string(text)});
    check_names(spec);
    return spec;
}

ImageEntry parse_label(std::string_view text, const std::string& image) {
    std::string name = fmt::format("label org.mobyproject.config of {}", image);
    require_size(text, name, max_label);
    Diagnoser diagnoser(name, text);
    Document document = parse_yaml(text, diagnoser);
    Decoder decoder(diagnoser, false);
    decoder.set_place(in_label);
    ImageEntry entry;
    read_document(document, diagnoser, decoder, table_of<ImageEntry>(), &entry);
    return entry;
}

std::string diagnose(const Spec& spec, const Location& at, std::string_view message,
                     std::string_view note) {
    std::string_view text;
    for (const auto& source : spec.sources)
        if (source.name == at.file)
            text = source.text;
    return format_diagnostic(at, text, "error", message, note);
}

} // namespace coracle
