// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/compose.h"

#include <algorithm>
#include <cstdlib>
#include <sys/stat.h>

#include "archive/tar_writer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "io/compress.h"
#include "io/file_io.h"
#include "io/hash.h"
#include "oci/image_config.h"
#include "oci/manifest.h"
#include "oci/media_types.h"
#include "pkgbuild/kernel_image.h"

namespace coracle {

namespace {

constexpr int zstd_level = 12; // written once, read often

/// Puts files, programs and users into a tree.
class Composer {
public:
    Composer(const Package& package, const Platform& platform, FileSpool& spool, int64_t time)
        : package_(package), platform_(platform), spool_(spool), time_(time) {}

    void add_guest(ImageTree& tree, const GuestContent& guest);
    void add_file(ImageTree& tree, const FileContent& file);
    void add_users(ImageTree& tree);

private:
    TreeItem item(const std::string& path) const {
        TreeItem made;
        made.entry.path = TreePath(path);
        made.entry.mtime = time_;
        return made;
    }
    void set_content(TreeItem& made, const std::string& path) {
        FileSource source(path);
        made.content = spool_.append_all(source, uint64_t{4} << 30, path);
        made.entry.size = made.content.size;
    }
    void set_text(TreeItem& made, std::string_view text) {
        made.content = spool_.append(text, made.entry.path.str());
        made.entry.size = text.size();
    }

    const Package& package_;
    const Platform& platform_;
    FileSpool& spool_;
    int64_t time_;
};

void Composer::add_guest(ImageTree& tree, const GuestContent& guest) {
    auto program = find_guest_program(guest.program, platform_.architecture);
    if (!program)
        throw Error("the program '{}' is not built for {}", guest.program, platform_.str())
            .hint(fmt::format("make guests, where Coracle is built; or put one into a directory of "
                              "$CORACLE_GUEST_PATH, as {}/{}",
                              platform_.architecture, guest.program));
    auto made = item(guest.path);
    made.entry.mode = 0755;
    set_content(made, *program);
    tree.add(std::move(made));
}

void Composer::add_file(ImageTree& tree, const FileContent& file) {
    auto made = item(file.path);
    made.entry.uid = file.uid;
    made.entry.gid = file.gid;
    if (file.directory) {
        made.entry.type = EntryType::directory;
        made.entry.mode = 0755;
        tree.remove(made.entry.path); // its mode and owner count
    } else if (file.symlink) {
        made.entry.type = EntryType::symlink;
        made.entry.mode = 0777;
        made.entry.link_target = *file.symlink;
    } else if (file.source) {
        std::string path = package_.directory + "/" + TreePath(*file.source).str();
        struct stat status{};
        if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
            throw Error("the source '{}' of '{}' is no file", *file.source, file.path);
        made.entry.mode = status.st_mode & 0100 ? 0755 : 0644;
        set_content(made, path);
    } else {
        set_text(made, file.contents.value_or(""));
    }
    if (file.mode)
        made.entry.mode = *file.mode;
    tree.add(std::move(made));
}

void Composer::add_users(ImageTree& tree) {
    if (package_.users.empty() && package_.groups.empty())
        return;
    auto users = package_.users;
    auto groups = package_.groups;
    if (std::ranges::find(users, "root", &UserContent::name) == users.end())
        users.insert(users.begin(), {"root", 0, 0, "/root", "/sbin/nologin"});
    if (std::ranges::find(groups, "root", &GroupContent::name) == groups.end())
        groups.insert(groups.begin(), {"root", 0, {}});
    std::string passwd, group;
    for (const auto& user : users) {
        passwd += fmt::format("{}:x:{}:{}:{}:{}:{}\n", user.name, user.uid, user.gid, user.name,
                              user.home, user.shell);
        bool has = std::ranges::find(groups, user.gid, &GroupContent::gid) != groups.end();
        if (!has)
            groups.push_back({user.name, user.gid, {}});
    }
    for (const auto& line : groups)
        group += fmt::format("{}:x:{}:{}\n", line.name, line.gid, join(line.members, ","));
    for (const auto& [path, text] : {std::pair{"etc/passwd", passwd}, {"etc/group", group}}) {
        auto made = item(path);
        set_text(made, text);
        tree.add(std::move(made));
    }
}

/// The first name of a file, in the order of paths, is the file; its other names are links to it.
void settle_hard_links(ImageTree& tree) {
    std::map<std::string, std::vector<TreePath>> links;
    for (const auto& [path, item] : tree.items())
        if (item.entry.type == EntryType::hard_link)
            links[item.entry.link_target].push_back(path);
    for (auto& [target, names] : links) {
        auto found = tree.items().find(TreePath(target));
        if (found == tree.items().end() || found->second.entry.type != EntryType::regular)
            throw Error("'/{}' is a hard link to '/{}', which is no file", names.front().str(),
                        target);
        TreeItem file = found->second;
        names.push_back(TreePath(target));
        std::ranges::sort(names);
        file.entry.link_count = static_cast<uint32_t>(names.size());
        for (const auto& name : names) {
            TreeItem& item = tree.items().at(name);
            item = file;
            item.entry.path = name;
            if (name == names.front())
                continue;
            item.entry.type = EntryType::hard_link;
            item.entry.link_target = names.front().str();
            item.entry.size = 0;
            item.content = {};
        }
    }
}

/// Hashes what it passes on to a sink that it owns together with what that needs.
Descriptor write_layer(Store& store, const ImageTree& tree, std::vector<Digest>& diff_ids) {
    auto blob = store.write();
    auto packer = make_compressor(blob, Compression::zstd, zstd_level);
    HashingSink hashing(*packer);
    TarWriter tar(hashing);
    tree.write(tar);
    tar.finish();
    diff_ids.push_back(Digest::from_hex(HashAlgorithm::sha256, hashing.hex()));
    return blob.commit(std::string(media_type::oci_layer_zstd));
}

} // namespace

std::optional<int64_t> source_date_epoch() {
    const char* value = std::getenv("SOURCE_DATE_EPOCH");
    if (!value || !*value)
        return std::nullopt;
    auto number = parse_number(value);
    if (!number || *number > INT64_MAX)
        throw Error("SOURCE_DATE_EPOCH is '{}', which is no number of seconds", value);
    return static_cast<int64_t>(*number);
}

Composition compose(const Package& package, const Platform& platform, std::vector<DebFile> debs,
                    std::optional<int64_t> epoch, FileSpool& spool) {
    Composition result;
    if (package.debian) {
        auto files = unpack_debs(std::move(debs), spool);
        result.tree = package.kernel ? make_kernel_image(files, *package.kernel, spool)
                                     : select_files(files, *package.debian, spool);
        for (const auto& [path, item] : result.tree.items()) {
            if (item.origin < 0 || item.entry.is_directory())
                continue;
            result.time = std::max(result.time, item.entry.mtime);
            result.used.insert(files.origins[static_cast<size_t>(item.origin)].name);
        }
    } else {
        result.time = epoch.value_or(0);
    }
    if (epoch)
        result.time = std::min(result.time, *epoch);
    Composer composer(package, platform, spool, result.time);
    for (const auto& guest : package.guest)
        composer.add_guest(result.tree, guest);
    composer.add_users(result.tree);
    for (const auto& file : package.files)
        composer.add_file(result.tree, file);
    settle_hard_links(result.tree);
    result.tree.add_parents(result.time);
    for (auto& [path, item] : result.tree.items()) {
        bool dated = item.origin >= 0 && !item.entry.is_directory();
        item.entry.mtime = dated ? std::min(item.entry.mtime, result.time) : result.time;
    }
    return result;
}

Descriptor write_image(Store& store, const Package& package, const Platform& platform,
                       const Composition& composition) {
    ImageConfig config;
    config.platform = platform;
    config.created = rfc3339(composition.time);
    config.entrypoint = package.entrypoint;
    config.cmd = package.cmd;
    config.env = package.env;
    config.working_dir = package.workdir;
    config.user = package.user;
    if (!package.label.empty())
        config.labels["org.mobyproject.config"] = package.label;
    auto layer = write_layer(store, composition.tree, config.diff_ids);
    config.history.push_back({.created = config.created, .created_by = "coracle pkg build"});
    Manifest manifest{.media_type = std::string(media_type::oci_manifest),
                      .config = store.put(config.str(), std::string(media_type::oci_config)),
                      .layers = {layer}};
    return store.put(manifest.str(), manifest.media_type);
}

} // namespace coracle
