// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/apt.h"

#include <algorithm>
#include <ctime>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "io/hash.h"
#include "pkgbuild/glob.h"

namespace coracle {

namespace {

constexpr const char* keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
constexpr const char* apt_helper = "/usr/lib/apt/apt-helper";
constexpr time_t fresh_seconds = 3600;

/// How this machine reaches archives: proxies, time-outs, certificates.
std::string machine_acquire_settings() {
    std::string text;
    for (const auto& line : split(run_checked({.argv = {"apt-config", "dump"}}), '\n')) {
        bool ours = line.starts_with("Acquire::") && !line.starts_with("Acquire::IndexTargets") &&
                    !line.starts_with("Acquire::Languages") &&
                    !line.starts_with("Acquire::GzipIndexes") &&
                    !line.starts_with("Acquire::CompressionTypes") &&
                    !line.starts_with("Acquire::Changelogs") &&
                    line.find("Acquire::AllowInsecure") == line.npos;
        if (ours)
            text += line + "\n";
    }
    return text;
}

std::string configuration(const std::string& directory, const std::string& architecture) {
    return fmt::format("Dir::State \"{0}/state\";\n"
                       "Dir::State::status \"{0}/state/status\";\n"
                       "Dir::State::extended_states \"{0}/state/extended_states\";\n"
                       "Dir::Cache \"{0}/cache\";\n"
                       "Dir::Log \"{0}\";\n"
                       "Dir::Etc \"{0}/etc\";\n"
                       "Dir::Etc::SourceList \"{0}/sources.list\";\n"
                       "Dir::Etc::SourceParts \"/dev/null\";\n"
                       "Dir::Etc::netrc \"/etc/apt/auth.conf\";\n"
                       "Dir::Etc::netrcparts \"/etc/apt/auth.conf.d\";\n"
                       "APT::Architecture \"{1}\";\n"
                       "APT::Architectures {{ \"{1}\"; }};\n"
                       "APT::Sandbox::User \"\";\n"
                       "APT::Install-Recommends \"false\";\n"
                       "APT::Get::AllowUnauthenticated \"false\";\n"
                       "Acquire::Languages \"none\";\n"
                       "Acquire::GzipIndexes \"true\";\n"
                       "Acquire::ForceHash \"sha256\";\n",
                       directory, architecture);
}

std::string unescape(std::string_view text) {
    std::string result;
    for (size_t i = 0; i < text.size(); ++i) {
        auto code = text[i] == '%' && i + 2 < text.size() ? parse_number(text.substr(i + 1, 2), 16)
                                                          : std::nullopt;
        result += code ? static_cast<char>(*code) : text[i];
        i += code ? 2 : 0;
    }
    return result;
}

time_t modified(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mtime : 0;
}

/// The last lines that apt marks as errors, without the mark.
std::string apt_errors(const std::string& text) {
    std::vector<std::string> lines;
    for (const auto& line : split(text, '\n'))
        if (line.starts_with("E: ") || line.starts_with("Err:"))
            lines.push_back(line.starts_with("E: ") ? line.substr(3) : line);
    if (lines.size() > 4)
        lines.erase(lines.begin(), lines.end() - 4);
    return join(lines, "; ");
}

} // namespace

Apt::Apt(Options options) : options_(std::move(options)) {
    if (!find_program("apt-get"))
        throw Error("packages of Debian are resolved by apt, which is not installed")
            .hint("install apt, or pull a package that is built already");
    if (!exists(keyring))
        throw Error("the keys of the Debian archive are not installed")
            .hint("apt-get install debian-archive-keyring");
    sources_ = options_.mirror.empty() ? sources_for_suite(machine_apt_sources(), options_.suite)
                                       : sources_on_mirror(options_.mirror, options_.suite);
    if (sources_.empty())
        throw Error("no Debian archive is known: this machine's apt sources have none")
            .hint("name one with --debian-mirror URL");
    std::string architecture = debian_architecture(options_.platform);
    std::string list = sources_list(sources_, keyring);
    std::string configured = configuration("", architecture) + list;
    directory_ = options_.directory + "/" + options_.suite + "-" + architecture + "-" +
                 sha256_hex(configured).substr(0, 8);
    for (const char* part : {"/state/lists/partial", "/cache/archives/partial", "/etc/apt.conf.d",
                             "/etc/preferences.d"})
        make_directories(directory_ + part);
    write_file(directory_ + "/apt.conf",
               machine_acquire_settings() + configuration(directory_, architecture));
    write_file(directory_ + "/sources.list", list);
    if (!exists(directory_ + "/state/status"))
        write_file(directory_ + "/state/status", "");
}

std::string Apt::output(std::vector<std::string> arguments) const {
    std::string what = join(arguments, " ");
    auto outcome = run({.argv = std::move(arguments),
                        .env = {{"APT_CONFIG", directory_ + "/apt.conf"}, {"LC_ALL", "C"}}});
    if (outcome.status != 0) {
        auto cause = apt_errors(outcome.error);
        throw Error("apt: {}", cause.empty() ? trim(outcome.error) : std::string_view(cause))
            .frame(fmt::format("while running {}", what));
    }
    return outcome.output;
}

void Apt::update() {
    std::string stamp = directory_ + "/updated";
    time_t age = ::time(nullptr) - modified(stamp);
    if (age >= 0 && age < fresh_seconds)
        return;
    Task task(*options_.reporter, fmt::format("Debian {} for {}: package lists", options_.suite,
                                              options_.platform.str()));
    try {
        output({"apt-get", "-qq", "update", "--error-on=any"});
        write_file(stamp, "");
    } catch (const Error& error) {
        // A mirror in the middle of an update has some lists but not others. Those that came are
        // signed as ever, apt keeps no others; whether they are enough is seen when they are asked.
        options_.reporter->warning(
            fmt::format("not all package lists could be fetched: {}", error.message()));
    }
}

/// 'http://host/debian/pool/main/r/redis/redis-server_5%3a8.0.2-3_amd64.deb' NAME SIZE SHA256:HEX
PinnedDeb Apt::parse_uri(const std::string& line) const {
    auto parts = split(line, ' ');
    if (parts.size() < 4 || parts[0].size() < 3 || !parts[3].starts_with("SHA256:"))
        throw Error("apt answered '{}'", line);
    std::string url = parts[0].substr(1, parts[0].size() - 2);
    PinnedDeb deb;
    for (const auto& source : sources_)
        if (url.starts_with(source.uri + "/"))
            deb.filename = unescape(std::string_view(url).substr(source.uri.size() + 1));
    std::string_view file = parts[1];
    auto names = split(file.substr(0, file.rfind(".deb")), '_');
    auto size = parse_number(parts[2]);
    if (deb.filename.empty() || names.size() != 3 || !size)
        throw Error("apt answered '{}'", line);
    deb.name = names[0];
    deb.version = unescape(names[1]);
    deb.architecture = names[2];
    deb.size = *size;
    deb.sha256 = parts[3].substr(7);
    return deb;
}

std::vector<PinnedDeb> Apt::resolve(const DebianContent& content) {
    FileLock lock(directory_ + "/lock", FileLock::Mode::exclusive);
    update();
    auto names = debian_packages(content, options_.platform);
    std::vector<std::string> command{"apt-get", "-qq", "--yes", "--print-uris"};
    if (content.dependencies)
        command.insert(command.end(), {"--no-install-recommends", "install"});
    else
        command.push_back("download");
    command.push_back("--");
    command.insert(command.end(), names.begin(), names.end());
    std::vector<PinnedDeb> debs;
    auto fits = [](const std::vector<std::string>& globs, const std::string& name) {
        return std::ranges::any_of(globs, [&](const auto& glob) { return glob_match(glob, name); });
    };
    for (const auto& line : split(output(std::move(command)), '\n')) {
        if (!line.starts_with('\''))
            continue;
        auto deb = parse_uri(line);
        if ((content.only.empty() || fits(content.only, deb.name)) &&
            !fits(content.without, deb.name))
            debs.push_back(std::move(deb));
    }
    std::ranges::sort(debs, {}, &PinnedDeb::name);
    return DebianLock::parse(DebianLock{"", debs}.str(), "apt's answer").debs;
}

std::string Apt::fetch(const std::vector<Download>& downloads) const {
    if (downloads.empty())
        return "";
    if (!exists(apt_helper))
        throw Error("apt's helper '{}' is not installed", apt_helper).hint("apt-get install apt");
    std::vector<std::string> command{apt_helper, "download-file"};
    for (const auto& item : downloads)
        command.insert(command.end(), {item.url, item.path, "SHA256:" + item.sha256});
    auto outcome = run({.argv = std::move(command),
                        .env = {{"APT_CONFIG", directory_ + "/apt.conf"}, {"LC_ALL", "C"}}});
    return outcome.status == 0 ? "" : apt_errors(outcome.error);
}

std::string escape_url_path(std::string_view path) {
    std::string text;
    for (char c : path) {
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     std::string_view("/._-~:").find(c) != std::string_view::npos;
        text += plain ? std::string(1, c) : fmt::format("%{:02x}", static_cast<unsigned char>(c));
    }
    return text;
}

} // namespace coracle
