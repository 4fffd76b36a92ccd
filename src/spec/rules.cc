// SPDX-License-Identifier: Apache-2.0
#include "spec/rules.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "base/tree_path.h"
#include "oci/platform.h"
#include "spec/diagnoser.h"

namespace coracle {

namespace {

constexpr auto capabilities = std::to_array<std::string_view>({
    "CAP_AUDIT_CONTROL",   "CAP_AUDIT_READ",   "CAP_AUDIT_WRITE",
    "CAP_BLOCK_SUSPEND",   "CAP_BPF",          "CAP_CHECKPOINT_RESTORE",
    "CAP_CHOWN",           "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",          "CAP_FSETID",       "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",       "CAP_KILL",         "CAP_LEASE",
    "CAP_LINUX_IMMUTABLE", "CAP_MAC_ADMIN",    "CAP_MAC_OVERRIDE",
    "CAP_MKNOD",           "CAP_NET_ADMIN",    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",   "CAP_NET_RAW",      "CAP_PERFMON",
    "CAP_SETFCAP",         "CAP_SETGID",       "CAP_SETPCAP",
    "CAP_SETUID",          "CAP_SYSLOG",       "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",        "CAP_SYS_CHROOT",   "CAP_SYS_MODULE",
    "CAP_SYS_NICE",        "CAP_SYS_PACCT",    "CAP_SYS_PTRACE",
    "CAP_SYS_RAWIO",       "CAP_SYS_RESOURCE", "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",  "CAP_WAKE_ALARM",
});

constexpr auto rlimits = std::to_array<std::string_view>({
    "RLIMIT_AS",
    "RLIMIT_CORE",
    "RLIMIT_CPU",
    "RLIMIT_DATA",
    "RLIMIT_FSIZE",
    "RLIMIT_LOCKS",
    "RLIMIT_MEMLOCK",
    "RLIMIT_MSGQUEUE",
    "RLIMIT_NICE",
    "RLIMIT_NOFILE",
    "RLIMIT_NPROC",
    "RLIMIT_RSS",
    "RLIMIT_RTPRIO",
    "RLIMIT_RTTIME",
    "RLIMIT_SIGPENDING",
    "RLIMIT_STACK",
});

constexpr auto restarts = std::to_array<std::string_view>({"always", "on-failure", "never"});
constexpr auto formats = std::to_array<std::string_view>({"filesystem", "oci", ""});
constexpr auto metadata_kinds = std::to_array<std::string_view>({"yaml", "json", ""});
constexpr auto node_types = std::to_array<std::string_view>({"a", "b", "c", "u", "p"});
constexpr auto rule_types = std::to_array<std::string_view>({"a", "b", "c", ""});
constexpr auto propagations =
    std::to_array<std::string_view>({"private", "shared", "slave", "unbindable", "rprivate",
                                     "rshared", "rslave", "runbindable", ""});

std::string upper(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return result;
}

std::vector<std::string_view> list(std::span<const std::string_view> words) {
    return {words.begin(), words.end()};
}

using MaybeProblem = std::optional<Problem>;

MaybeProblem check_container_name(const std::string& name) {
    auto strange = [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '/' || c == ':';
    };
    if (name.empty())
        return Problem{"the name is empty"};
    if (name == "." || name == ".." || name.size() > 128 || std::ranges::any_of(name, strange))
        return Problem{fmt::format("invalid name '{}'", name.substr(0, 140)),
                       "it is a directory's name: at most 128 characters, no space, '/' or ':'"};
    return {};
}

MaybeProblem check_volume_name(const std::string& name) {
    auto good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    };
    if (!name.empty() && name.size() <= 128 && std::ranges::all_of(name, good))
        return {};
    return Problem{fmt::format("invalid volume name '{}'", name.substr(0, 140)),
                   "it may only have a-z, 0-9, '_' and '-'"};
}

MaybeProblem check_mode(const std::string& text) {
    if (text.empty() || parse_mode(text))
        return {};
    return Problem{fmt::format("mode '{}' is not octal", text.substr(0, 80)),
                   "write it as in \"0644\", at most \"7777\""};
}

MaybeProblem check_capability(const std::string& name) {
    auto all = all_capabilities();
    if (std::ranges::binary_search(all, name) || upper(name) == "ALL" || upper(name) == "NONE")
        return {};
    std::string full = upper(name);
    if (!full.starts_with("CAP_"))
        full = "CAP_" + full;
    return Problem{fmt::format("unknown capability '{}'", name.substr(0, 80)),
                   meant(full, list(all))};
}

template <auto parse>
MaybeProblem check_by_parsing(const std::string& text) {
    try {
        parse(text);
    } catch (const Error& fault) {
        return Problem{fault.message(), fault.hint()};
    }
    return {};
}

MaybeProblem check_platform(const std::string& text) {
    try {
        Platform::parse(text);
    } catch (const Error& fault) {
        return Problem{fault.message(), "write it as in linux/arm64"};
    }
    return {};
}

MaybeProblem check_file_path(const std::string& text) {
    try {
        if (!TreePath(text).is_root())
            return {};
        return Problem{fmt::format("'{}' is no path of a file", text)};
    } catch (const Error& fault) {
        return Problem{fault.message()};
    }
}

MaybeProblem check_access(const std::string& text) {
    if (text.find_first_not_of("rwm") == std::string::npos)
        return {};
    return Problem{
        fmt::format("access '{}' has other letters than r, w and m", text.substr(0, 80))};
}

MaybeProblem check_not_empty(const std::string& text) {
    return text.empty() ? MaybeProblem(Problem{"an empty text stands where a value must be"})
                        : std::nullopt;
}

// Compares what differs only: the names have a long beginning in common.
std::string nearest_limit(const std::string& type) {
    constexpr size_t prefix = std::string_view("RLIMIT_").size();
    std::vector<std::string_view> ends;
    ends.reserve(rlimits.size());
    for (auto known : rlimits)
        ends.push_back(known.substr(prefix));
    return meant(std::string_view(type).substr(prefix), ends);
}

uint64_t limit_value(std::string_view word, const std::string& whole) {
    word = trim(word);
    if (upper(word) == "UNLIMITED")
        return UINT64_MAX;
    if (auto number = parse_number(word))
        return *number;
    throw Error("'{}' is neither a number nor 'unlimited' in rlimit '{}'", word.substr(0, 80),
                whole.substr(0, 200));
}

} // namespace

std::span<const std::string_view> all_capabilities() { return capabilities; }

Rlimit parse_rlimit(const std::string& text) {
    auto first = text.find(',');
    auto second = first == std::string::npos ? first : text.find(',', first + 1);
    if (second == std::string::npos)
        throw Error("rlimit '{}' is not of the form NAME,SOFT,HARD", text.substr(0, 200));
    Rlimit result;
    result.type = upper(trim(std::string_view(text).substr(0, first)));
    if (!result.type.starts_with("RLIMIT_"))
        result.type = "RLIMIT_" + result.type;
    if (std::ranges::find(rlimits, result.type) == rlimits.end())
        throw Error("unknown limit '{}'", trim(std::string_view(text).substr(0, first)))
            .hint(nearest_limit(result.type));
    result.soft = limit_value(std::string_view(text).substr(first + 1, second - first - 1), text);
    result.hard = limit_value(std::string_view(text).substr(second + 1), text);
    if (result.soft > result.hard)
        throw Error("the soft limit is above the hard limit in rlimit '{}'", text.substr(0, 200));
    return result;
}

Bind parse_bind(const std::string& text) {
    auto parts = split(text, ':');
    if (parts.size() < 2)
        throw Error("bind '{}' has no ':'", text.substr(0, 200))
            .hint("write SOURCE:DESTINATION or SOURCE:DESTINATION:OPTIONS");
    if (parts.size() > 3)
        throw Error("bind '{}' has too many ':'", text.substr(0, 200))
            .hint("write SOURCE:DESTINATION or SOURCE:DESTINATION:OPTIONS");
    if (parts[0].empty() || parts[1].empty())
        throw Error("bind '{}' has no {}", text.substr(0, 200),
                    parts[0].empty() ? "source" : "destination");
    Bind result{.source = parts[0], .destination = parts[1], .options = {"rw", "rbind", "rshared"}};
    if (parts.size() == 3) {
        result.options = split(parts[2], ',');
        result.options.push_back("rbind");
    }
    return result;
}

Tmpfs parse_tmpfs(const std::string& text) {
    auto parts = split(text, ':');
    if (parts.size() > 2)
        throw Error("tmpfs '{}' has too many ':'", text.substr(0, 200))
            .hint("write DESTINATION or DESTINATION:OPTIONS");
    if (parts[0].empty())
        throw Error("tmpfs '{}' has no destination", text.substr(0, 200));
    Tmpfs result{.destination = parts[0]};
    if (parts.size() == 2)
        result.options = split(parts[1], ',');
    return result;
}

std::optional<uint32_t> parse_mode(std::string_view text) {
    auto value = parse_number(text, 8);
    if (!value || *value > 07777)
        return std::nullopt;
    return static_cast<uint32_t>(*value);
}

bool is_read_only(std::span<const std::string> options) {
    auto found = std::ranges::find_if(
        options, [](const std::string& option) { return option == "ro" || option == "rw"; });
    return found != options.end() && *found == "ro";
}

namespace rule {

const Rule container_name{.words = "a directory's name", .check = check_container_name};
const Rule volume_name{
    .words = "a-z, 0-9, '_' and '-'", .pattern = "^[a-z0-9_-]+$", .check = check_volume_name};
const Rule octal_mode{.words = "octal digits", .pattern = "^[0-7]*$", .check = check_mode};
const Rule capability{.words = "a capability of Linux, or `all` or `none` alone",
                      .check = check_capability};
const Rule rlimit{.words = "NAME,SOFT,HARD",
                  .pattern = "^[^,]*,[^,]*,[^,]*$",
                  .check = check_by_parsing<parse_rlimit>};
const Rule bind{.words = "SOURCE:DESTINATION[:OPTIONS]",
                .pattern = "^[^:]+:[^:]+(:[^:]*)?$",
                .check = check_by_parsing<parse_bind>};
const Rule tmpfs{.words = "DESTINATION[:OPTIONS]",
                 .pattern = "^[^:]+(:[^:]*)?$",
                 .check = check_by_parsing<parse_tmpfs>};
const Rule restart{.choices = restarts};
const Rule volume_format{.choices = formats};
const Rule platform{.words = "OS/ARCHITECTURE[/VARIANT]", .check = check_platform};
const Rule metadata{.choices = metadata_kinds};
const Rule device_type{.choices = node_types};
const Rule rule_type{.choices = rule_types};
const Rule device_access{.words = "r, w and m", .pattern = "^[rwm]*$", .check = check_access};
const Rule file_path{.words = "a path without ..", .check = check_file_path};
const Rule propagation{.choices = propagations};
const Rule oom_score{.words = "from -1000 to 1000", .least = -1000, .most = 1000};
const Rule count{.words = "0 or more", .least = 0};
const Rule not_empty{.words = "not empty", .pattern = ".", .check = check_not_empty};

} // namespace rule

} // namespace coracle
