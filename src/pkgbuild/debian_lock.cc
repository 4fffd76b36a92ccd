// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/debian_lock.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "base/tree_path.h"
#include "io/hash.h"

namespace coracle {

namespace {

constexpr std::string_view first_line =
    "# What the image is made of; written by `coracle pkg build`.";

bool is_sha256(std::string_view text) {
    return text.size() == 64 && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

/// Names of packages and versions as Debian policy has them: nothing that is special in a path or a
/// URL.
bool is_word(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("+-.~:_").find(c) != std::string_view::npos;
    });
}

PinnedDeb parse_pin(const std::string& line) {
    auto parts = split(line, ' ');
    if (parts.size() != 6)
        throw Error("6 words are needed");
    auto size = parse_number(parts[4]);
    if (!is_word(parts[0]) || !is_word(parts[1]) || !is_word(parts[2]))
        throw Error("'{} {} {}' is no package", parts[0], parts[1], parts[2]);
    if (!is_sha256(parts[3]))
        throw Error("'{}' is no SHA-256", parts[3]);
    if (!size)
        throw Error("'{}' is no size", parts[4]);
    if (TreePath(parts[5]).str() != parts[5])
        throw Error("'{}' is no file name in an archive", parts[5]);
    return {parts[0], parts[1], parts[2], parts[3], *size, parts[5]};
}

/// "name [amd64 !arm64]" -> the name, if it is for this architecture.
std::optional<std::string> restricted(std::string_view item, const std::string& architecture) {
    size_t open = item.find('[');
    if (open == item.npos)
        return std::string(trim(item));
    auto list = item.substr(open + 1);
    if (size_t close = list.find(']'); close != list.npos)
        list = list.substr(0, close);
    bool listed = false, negative = false;
    for (const auto& word : split(list, ' ')) {
        negative = negative || word.starts_with('!');
        listed = listed || word == architecture || word == "!" + architecture;
    }
    if (listed == negative)
        return std::nullopt;
    return std::string(trim(item.substr(0, open)));
}

} // namespace

DebianLock DebianLock::parse(std::string_view text, const std::string& name) {
    DebianLock lock;
    int number = 0;
    for (const auto& line : split(text, '\n')) {
        ++number;
        if (line.empty() || line.starts_with('#'))
            continue;
        try {
            if (line.starts_with("request: "))
                lock.request = line.substr(9);
            else
                lock.debs.push_back(parse_pin(line));
        } catch (const Error& error) {
            throw Error("{}:{}: {}", name, number, error.message());
        }
    }
    return lock;
}

std::string DebianLock::str() const {
    std::string text(first_line);
    text += "\n# name version architecture sha256 size file\nrequest: " + request + "\n";
    auto sorted = debs;
    std::ranges::sort(sorted, {}, &PinnedDeb::name);
    for (const auto& deb : sorted)
        text += fmt::format("{} {} {} {} {} {}\n", deb.name, deb.version, deb.architecture,
                            deb.sha256, deb.size, deb.filename);
    return text;
}

std::string lock_path(const Package& package, const Platform& platform) {
    return package.directory + "/debian.lock." + debian_architecture(platform);
}

std::vector<std::string> debian_packages(const DebianContent& content, const Platform& platform) {
    std::string architecture = debian_architecture(platform);
    std::vector<std::string> names;
    for (const auto& item : content.packages) {
        auto name = restricted(item, architecture);
        if (!name)
            continue;
        constexpr std::string_view variable = "${arch}";
        for (size_t at = name->find(variable); at != name->npos; at = name->find(variable))
            name->replace(at, variable.size(), architecture);
        names.push_back(std::move(*name));
    }
    return names;
}

std::string debian_request(const Package& package, const Platform& platform) {
    const auto& content = *package.debian;
    std::string text = content.suite + ": " + join(debian_packages(content, platform), " ");
    if (!content.dependencies)
        text += "; alone";
    if (!content.only.empty())
        text += "; only " + join(content.only, " ");
    if (!content.without.empty())
        text += "; without " + join(content.without, " ");
    std::string wanted =
        fmt::format("{}\n{}\n{}{}", join(content.keep, "\n"), join(content.drop, "\n"),
                    content.needed_libraries, content.copyright);
    if (package.kernel)
        wanted += fmt::format("\n{}\n{}", join(package.kernel->modules, "\n"),
                              join(package.kernel->optional, "\n"));
    return text + "; files " + sha256_hex(wanted).substr(0, 8);
}

std::string debian_architecture(const Platform& platform) {
    const auto& name = platform.architecture;
    for (std::string_view same : {"amd64", "arm64", "riscv64", "s390x", "loong64"})
        if (name == same)
            return name;
    if (name == "386")
        return "i386";
    if (name == "ppc64le")
        return "ppc64el";
    if (name == "arm" && (platform.variant.empty() || platform.variant == "v7"))
        return "armhf";
    throw Error("Debian has no packages for {}", platform.str());
}

} // namespace coracle
