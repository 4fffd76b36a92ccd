// SPDX-License-Identifier: Apache-2.0
#include "registry/registries_conf.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <toml++/toml.h>

#include "base/error.h"
#include "base/file.h"

namespace coracle {

namespace {

namespace fs = std::filesystem;

constexpr uint64_t max_file = 1 << 20;
constexpr size_t max_registries = 10'000;

/// Reads the members of one table of a file.
class Members {
public:
    Members(const toml::table& table, std::string where)
        : table_(table), where_(std::move(where)) {}

    std::string text(const char* key) const {
        return value<std::string>(key, "a string").value_or("");
    }
    bool flag(const char* key) const { return value<bool>(key, "true or false").value_or(false); }
    /// Calls `each` with the tables of a list of tables.
    template <class Each>
    void tables(const char* key, Each&& each) const {
        const toml::node* node = table_.get(key);
        if (!node)
            return;
        const toml::array* list = node->as_array();
        if (!list || list->size() > max_registries)
            throw Error("{}: '{}' is not a list of tables", where_, key);
        for (const toml::node& item : *list) {
            if (!item.is_table())
                throw Error("{}: '{}' is not a list of tables", where_, key);
            each(Members(*item.as_table(), fmt::format("{}: [[{}]]", where_, key)));
        }
    }
    Error fault(std::string_view text) const { return Error("{}: {}", where_, text); }

private:
    template <class Value>
    std::optional<Value> value(const char* key, const char* kind) const {
        const toml::node* node = table_.get(key);
        if (!node)
            return std::nullopt;
        auto found = node->value_exact<Value>();
        if (!found)
            throw Error("{}: '{}' is not {}", where_, key, kind);
        return found;
    }

    const toml::table& table_;
    std::string where_;
};

ConfiguredMirror read_mirror(const Members& members, bool digest_only) {
    using Use = ConfiguredMirror::Use;
    ConfiguredMirror mirror{members.text("location"), members.flag("insecure")};
    if (mirror.location.empty())
        throw members.fault("a mirror has no 'location'");
    std::string use = members.text("pull-from-mirror");
    if (use == "digest-only" || (use.empty() && digest_only))
        mirror.use = Use::by_digest;
    else if (use == "tag-only")
        mirror.use = Use::by_tag;
    else if (!use.empty() && use != "all")
        throw members.fault(
            fmt::format("'pull-from-mirror' is 'all', 'digest-only' or 'tag-only', not '{}'", use));
    return mirror;
}

ConfiguredRegistry read_registry(const Members& members) {
    ConfiguredRegistry registry{members.text("prefix"), members.text("location"),
                                members.flag("insecure"), members.flag("blocked")};
    if (registry.prefix.empty())
        registry.prefix = registry.location;
    while (registry.prefix.ends_with('/'))
        registry.prefix.pop_back();
    if (registry.prefix.empty())
        throw members.fault("there is neither 'prefix' nor 'location'");
    bool digest_only = members.flag("mirror-by-digest-only");
    members.tables("mirror", [&](const Members& mirror) {
        registry.mirrors.push_back(read_mirror(mirror, digest_only));
    });
    return registry;
}

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

std::vector<std::string> drop_ins(const std::string& directory) {
    std::vector<std::string> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory, error))
        if (entry.path().extension() == ".conf")
            files.push_back(entry.path().string());
    std::ranges::sort(files);
    return files;
}

std::string main_file(const std::string& own) {
    if (std::string given = environment("CONTAINERS_REGISTRIES_CONF"); !given.empty())
        return given;
    if (!own.empty() && exists(own + "/registries.conf"))
        return own + "/registries.conf";
    return "/etc/containers/registries.conf";
}

std::string text_of(const Reference& reference) {
    std::string text = reference.name();
    if (auto tag = reference.tag_or_latest())
        text += ":" + *tag;
    if (reference.digest())
        text += "@" + reference.digest()->str();
    return text;
}

} // namespace

std::optional<size_t> ConfiguredRegistry::match(std::string_view name) const {
    size_t length = prefix.size();
    if (prefix.starts_with("*.")) {
        size_t at = name.find(prefix.substr(1));
        if (at == std::string_view::npos || at == 0 || at > name.find('/'))
            return std::nullopt;
        length = at + prefix.size() - 1;
    } else if (!name.starts_with(prefix)) {
        return std::nullopt;
    }
    // "host" is not for "host:5000", but "host/image" is for "host/image:tag".
    bool part = prefix.find('/') != std::string::npos;
    bool ends = length == name.size() || name[length] == '/' ||
                (part && (name[length] == ':' || name[length] == '@'));
    return ends ? std::optional(length) : std::nullopt;
}

RegistriesConf RegistriesConf::parse(std::string_view text, const std::string& name) {
    std::string where = fmt::format("'{}'", name);
    toml::table root;
    try {
        root = toml::parse(text);
    } catch (const toml::parse_error& error) {
        throw Error("{}:{}: {}", where, error.source().begin.line, error.description());
    }
    if (root.contains("registries"))
        throw Error("{} is of version 1, which is obsolete", where)
            .hint("write it with [[registry]], see containers-registries.conf(5)");
    RegistriesConf result;
    Members(root, where).tables("registry", [&](const Members& members) {
        result.registries_.push_back(read_registry(members));
    });
    return result;
}

void RegistriesConf::add(RegistriesConf later) {
    for (ConfiguredRegistry& registry : later.registries_) {
        std::erase_if(registries_, [&](const ConfiguredRegistry& known) {
            return known.prefix == registry.prefix;
        });
        registries_.push_back(std::move(registry));
    }
}

RegistriesConf RegistriesConf::of_machine() {
    std::string config = environment("XDG_CONFIG_HOME");
    if (std::string home = environment("HOME"); config.empty() && !home.empty())
        config = home + "/.config";
    std::string own = config.empty() ? "" : config + "/containers";
    std::vector<std::string> files{main_file(own)};
    std::ranges::move(drop_ins("/etc/containers/registries.conf.d"), std::back_inserter(files));
    if (!own.empty())
        std::ranges::move(drop_ins(own + "/registries.conf.d"), std::back_inserter(files));
    RegistriesConf result;
    for (const std::string& file : files)
        if (auto text = read_file_if_present(file, max_file))
            result.add(parse(*text, file));
    return result;
}

const ConfiguredRegistry* RegistriesConf::find(const Reference& reference) const {
    std::string name = text_of(reference);
    const ConfiguredRegistry* best = nullptr;
    for (const ConfiguredRegistry& registry : registries_)
        if (registry.match(name) && (!best || registry.prefix.size() > best->prefix.size()))
            best = &registry;
    return best;
}

Reference relocated(const Reference& reference, const ConfiguredRegistry& registry,
                    const std::string& location) {
    std::string name = text_of(reference);
    auto length = registry.match(name);
    if (!length || location.empty())
        return reference;
    std::string_view rest = std::string_view(name).substr(*length);
    Reference result = Reference::parse(location + std::string(rest));
    if (result.registry() != location.substr(0, location.find('/')))
        throw Error("location '{}' in registries.conf does not begin with the name of a registry",
                    location);
    return result;
}

} // namespace coracle
