// SPDX-License-Identifier: Apache-2.0
#include "common/cmdline.h"

#include "base/file.h"

namespace coracle::guest {

KernelCommandLine::KernelCommandLine(std::string_view text) {
    std::string word;
    bool quoted = false;
    auto finish = [&] {
        if (!word.empty())
            words_.push_back(word);
        word.clear();
    };
    for (char c : text) {
        if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == ' ' || c == '\n' || c == '\t'))
            finish();
        else
            word += c;
    }
    finish();
}

KernelCommandLine KernelCommandLine::current() {
    return KernelCommandLine(read_file_if_present("/proc/cmdline").value_or(""));
}

std::optional<std::string> KernelCommandLine::value(std::string_view key) const {
    for (auto word = words_.rbegin(); word != words_.rend(); ++word) {
        if (*word == key)
            return "";
        if (word->size() > key.size() && word->starts_with(key) && (*word)[key.size()] == '=')
            return word->substr(key.size() + 1);
    }
    return std::nullopt;
}

bool KernelCommandLine::enabled(std::string_view key) const {
    auto text = value(key);
    return text && (text->empty() || *text == "1" || *text == "true" || *text == "yes");
}

} // namespace coracle::guest
