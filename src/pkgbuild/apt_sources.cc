// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/apt_sources.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"

namespace coracle {

namespace {

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> result;
    std::string word;
    for (char c : text) {
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            if (!word.empty())
                result.push_back(std::move(word));
            word.clear();
        } else {
            word += c;
        }
    }
    if (!word.empty())
        result.push_back(std::move(word));
    return result;
}

std::string without_slash(std::string uri) {
    while (uri.ends_with('/'))
        uri.pop_back();
    return uri;
}

/// Keyrings that are paths; a key in the text itself cannot be handed on.
std::string keyring_path(const std::string& value) { return value.starts_with('/') ? value : ""; }

/// A line `deb [option=value ...] URI SUITE COMPONENT...`.
std::optional<AptSource> parse_line(std::string_view line) {
    if (size_t comment = line.find('#'); comment != line.npos)
        line = line.substr(0, comment);
    std::string text(line);
    AptSource source;
    if (size_t open = text.find('['); open != text.npos) {
        size_t close = text.find(']', open);
        if (close == text.npos)
            return std::nullopt;
        for (const auto& option : words(std::string_view(text).substr(open + 1, close - open - 1)))
            if (option.starts_with("signed-by="))
                source.signed_by = keyring_path(option.substr(10));
        text.erase(open, close - open + 1);
    }
    auto parts = words(text);
    if (parts.size() < 4 || parts[0] != "deb")
        return std::nullopt;
    source.uri = without_slash(parts[1]);
    source.suite = parts[2];
    source.components.assign(parts.begin() + 3, parts.end());
    return source;
}

/// The fields of one deb822 paragraph that matter.
struct Stanza {
    std::vector<std::string> types, uris, suites, components;
    std::string signed_by;
    bool enabled = true;

    void set(std::string_view field, const std::string& value) {
        std::string name;
        for (char c : field)
            name += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        if (name == "types")
            types = words(value);
        else if (name == "uris")
            uris = words(value);
        else if (name == "suites")
            suites = words(value);
        else if (name == "components")
            components = words(value);
        else if (name == "signed-by")
            signed_by = keyring_path(std::string(trim(value)));
        else if (name == "enabled")
            enabled = trim(value) != "no" && trim(value) != "false";
    }
    void append_to(std::vector<AptSource>& sources) const {
        if (!enabled || std::ranges::find(types, "deb") == types.end())
            return;
        for (const auto& uri : uris)
            for (const auto& suite : suites)
                sources.push_back({without_slash(uri), suite, components, signed_by});
    }
};

std::vector<AptSource> parse_deb822(std::string_view text) {
    std::vector<AptSource> sources;
    Stanza stanza;
    std::string field, value;
    auto end_field = [&] {
        if (!field.empty())
            stanza.set(field, value);
        field.clear();
    };
    for (const auto& line : split(text, '\n')) {
        if (line.starts_with('#'))
            continue;
        if (trim(line).empty()) {
            end_field();
            stanza.append_to(sources);
            stanza = {};
        } else if (line[0] == ' ' || line[0] == '\t') {
            value += "\n" + line;
        } else if (size_t colon = line.find(':'); colon != line.npos) {
            end_field();
            field = line.substr(0, colon);
            value = line.substr(colon + 1);
        }
    }
    end_field();
    stanza.append_to(sources);
    return sources;
}

constexpr std::array debian_suites{"oldoldstable", "oldstable", "stable",   "testing",
                                   "buster",       "bullseye",  "bookworm", "trixie",
                                   "forky",        "duke",      "sid",      "unstable"};

/// "" or "-security" and so on, when `suite` is a Debian one; nullopt when it is not.
std::optional<std::string> suite_suffix(std::string_view suite) {
    for (std::string_view name : debian_suites)
        if (suite.starts_with(name)) {
            auto rest = suite.substr(name.size());
            if (rest.empty() || rest == "-updates" || rest == "-security")
                return std::string(rest);
        }
    return std::nullopt;
}

bool rolling(const std::string& suite) { return suite == "sid" || suite == "unstable"; }

} // namespace

std::vector<AptSource> parse_apt_sources(std::string_view text, bool deb822) {
    if (deb822)
        return parse_deb822(text);
    std::vector<AptSource> sources;
    for (const auto& line : split(text, '\n'))
        if (auto source = parse_line(line))
            sources.push_back(std::move(*source));
    return sources;
}

std::vector<AptSource> machine_apt_sources(const std::string& directory) {
    std::vector<std::string> files{directory + "/sources.list"};
    std::error_code error;
    for (const auto& file :
         std::filesystem::directory_iterator(directory + "/sources.list.d", error))
        files.push_back(file.path().string());
    std::ranges::sort(files);
    std::vector<AptSource> all;
    for (const auto& file : files) {
        bool deb822 = file.ends_with(".sources");
        if (!deb822 && !file.ends_with(".list"))
            continue;
        auto text = read_file_if_present(file);
        if (!text)
            continue;
        auto sources = parse_apt_sources(*text, deb822);
        all.insert(all.end(), sources.begin(), sources.end());
    }
    return all;
}

std::vector<AptSource> sources_for_suite(const std::vector<AptSource>& machine,
                                         const std::string& suite) {
    std::vector<AptSource> result;
    for (auto source : machine) {
        auto suffix = suite_suffix(source.suite);
        bool main = std::ranges::find(source.components, "main") != source.components.end();
        if (!suffix || !main || (rolling(suite) && !suffix->empty()))
            continue;
        source.suite = suite + *suffix;
        source.components = {"main"};
        // The keyring of the machine's own release may not have the keys of another one.
        source.signed_by.clear();
        if (std::ranges::find(result, source) == result.end())
            result.push_back(std::move(source));
    }
    return result;
}

std::vector<AptSource> sources_on_mirror(const std::string& mirror, const std::string& suite) {
    return {{without_slash(mirror), suite, {"main"}, ""}};
}

std::string sources_list(const std::vector<AptSource>& sources, const std::string& keyring) {
    std::string text;
    for (const auto& source : sources)
        text += fmt::format("deb [signed-by={}] {} {} {}\n",
                            source.signed_by.empty() ? keyring : source.signed_by, source.uri,
                            source.suite, join(source.components, " "));
    return text;
}

} // namespace coracle
