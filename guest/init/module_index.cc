// SPDX-License-Identifier: Apache-2.0
#include "init/module_index.h"

#include <algorithm>

#include "base/file.h"
#include "common/directory.h"
#include "common/words.h"
#include "init/glob.h"

namespace coracle::guest {

std::string module_name(std::string_view path) {
    path.remove_prefix(path.rfind('/') == path.npos ? 0 : path.rfind('/') + 1);
    path = path.substr(0, path.find(".ko"));
    std::string name(path);
    std::ranges::replace(name, '-', '_');
    return name;
}

ModuleIndex::ModuleIndex(std::string directory, const std::string& configuration)
    : directory_(std::move(directory)),
      aliases_(read_file_if_present(directory_ + "/modules.alias").value_or("")) {
    read_dependencies();
    for_each_line(read_file_if_present(directory_ + "/modules.builtin").value_or(""),
                  [&](std::string_view line) { builtin_.insert(module_name(line)); });
    read_configuration(read_file_if_present(directory_ + "/modules.softdep").value_or(""));
    for (const auto& name : names_in(configuration))
        if (name.ends_with(".conf"))
            read_configuration(read_file(configuration + "/" + name));
}

void ModuleIndex::read_dependencies() {
    auto text = read_file_if_present(directory_ + "/modules.dep").value_or("");
    for_each_line(text, [&](std::string_view line) {
        auto colon = line.find(':');
        if (colon == line.npos)
            return;
        std::vector<std::string> files;
        for (auto file : words_of(line.substr(colon + 1)))
            files.push_back(directory_ + "/" + std::string(file));
        std::ranges::reverse(files); // depmod writes the nearest first
        files.push_back(directory_ + "/" + std::string(line.substr(0, colon)));
        files_.emplace(module_name(line.substr(0, colon)), std::move(files));
    });
}

void ModuleIndex::read_configuration(std::string_view text) {
    for_each_line(text, [&](std::string_view line) {
        auto words = words_of(line);
        if (words.size() < 2 || words[0].starts_with('#'))
            return;
        std::string name = module_name(words[1]);
        if (words[0] == "blacklist") {
            blacklist_.insert(name);
        } else if (words[0] == "options") {
            for (size_t i = 2; i < words.size(); ++i)
                options_[name].append(options_[name].empty() ? "" : " ").append(words[i]);
        } else if (words[0] == "softdep") {
            std::vector<std::string>* list = nullptr;
            for (size_t i = 2; i < words.size(); ++i) {
                if (words[i] == "pre:")
                    list = &softdeps_[name].before;
                else if (words[i] == "post:")
                    list = &softdeps_[name].after;
                else if (list != nullptr)
                    list->emplace_back(words[i]);
            }
        }
    });
}

std::vector<std::string> ModuleIndex::matching(std::vector<std::string> modaliases) const {
    std::ranges::sort(modaliases);
    std::vector<std::string> found;
    for_each_line(aliases_, [&](std::string_view line) {
        if (!line.starts_with("alias "))
            return;
        line.remove_prefix(6);
        auto space = line.rfind(' ');
        if (space == line.npos)
            return;
        auto pattern = line.substr(0, space);
        // Only the candidates that begin as the pattern does can match it.
        auto literal = pattern.substr(0, pattern.find_first_of("*?[\\"));
        for (auto candidate = std::ranges::lower_bound(modaliases, literal);
             candidate != modaliases.end() && candidate->starts_with(literal); ++candidate) {
            if (!glob_matches(pattern, *candidate))
                continue;
            std::string name = module_name(line.substr(space + 1));
            if (!blacklist_.contains(name) && std::ranges::find(found, name) == found.end())
                found.push_back(std::move(name));
            return;
        }
    });
    return found;
}

std::vector<std::string> ModuleIndex::files_for(const std::string& name) const {
    auto entry = files_.find(name);
    return entry == files_.end() ? std::vector<std::string>() : entry->second;
}

const ModuleIndex::Softdep& ModuleIndex::softdep(const std::string& name) const {
    static const Softdep none;
    auto entry = softdeps_.find(name);
    return entry == softdeps_.end() ? none : entry->second;
}

std::string ModuleIndex::options(const std::string& name) const {
    auto entry = options_.find(name);
    return entry == options_.end() ? "" : entry->second;
}

} // namespace coracle::guest
