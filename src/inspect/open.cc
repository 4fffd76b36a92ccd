// SPDX-License-Identifier: Apache-2.0
#include "inspect/open.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include <fcntl.h>

#include "archive/cpio_reader.h"
#include "archive/tar_reader.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "disk/pe.h"
#include "image/merged_image.h"
#include "inspect/label.h"
#include "io/compress.h"
#include "io/file_io.h"
#include "io/memory.h"
#include "rootfs/image_rules.h"
#include "store/resolve.h"
#include "store/store.h"

namespace coracle {

namespace {

namespace fs = std::filesystem;

constexpr size_t most_pe_headers = 64 << 10;
constexpr uint64_t most_unpacked = uint64_t{68} << 30;

std::string head_of(Source& source) {
    std::string head(512, '\0');
    head.resize(read_full(source, head));
    return head;
}

/// How a file is packed, and what it is inside.
struct FileKind {
    Compression compression = Compression::none;
    bool cpio = false;
    bool program = false; ///< for UEFI
};

FileKind kind_of(const std::string& path) {
    FileSource file(path);
    std::string head = head_of(file);
    FileKind kind{.compression = detect_compression(head)};
    if (kind.compression != Compression::none) {
        FileSource again(path);
        head = head_of(*make_decompressor(again, kind.compression));
    }
    kind.program = kind.compression == Compression::none && head.starts_with("MZ");
    if (kind.program)
        return kind;
    kind.cpio = looks_like_cpio(head) || head.starts_with("\x02\x21\x4c\x18");
    constexpr size_t magic_at = 257;
    if (!kind.cpio && head.substr(std::min(magic_at, head.size())).substr(0, 5) != "ustar")
        throw Error("'{}' is neither a tar archive nor an initrd", path)
            .hint("tar and docker outputs, initrds, unified kernel images, and images in the cache "
                  "can be shown; "
                  "coracle build --format tar makes one of the same system");
    return kind;
}

/// Where an entry of an archive that does not tell belongs.
std::string location_of(const TreePath& path) {
    auto parts = split(path.str(), '/');
    if (parts[0] != "containers" || parts.size() < 3)
        return "root";
    return parts[0] + "/" + parts[1] + "/" + parts[2];
}

void read_initrd(Source& file, ContentsBuilder& builder) {
    CpioReader cpio(file);
    while (auto entry = cpio.next())
        builder.add(*entry, cpio.content(), location_of(entry->path), "");
}

void read_tar(Source& file, ContentsBuilder& builder) {
    TarReader tar(file);
    bool first = true;
    bool is_boot = false; ///< kernel, initrd.img, cmdline: an initrd with what boots it
    while (auto entry = tar.next()) {
        is_boot = is_boot || (std::exchange(first, false) && entry->path.str() == "kernel" &&
                              entry->type == EntryType::regular);
        if (is_boot && entry->path.str() == "initrd.img") {
            read_initrd(tar.content(), builder);
            continue;
        }
        std::string location;
        std::string source;
        for (const auto& [key, value] : tar.records()) {
            if (key == "LINUXKIT.location")
                location = value;
            else if (key == "LINUXKIT.source")
                source = value;
        }
        if (location.empty())
            location = is_boot ? "boot" : location_of(entry->path);
        builder.add(*entry, tar.content(), location, source);
    }
}

/// What boots an initrd, which the tar of the same system has in a directory.
class BootFiles {
public:
    explicit BootFiles(ContentsBuilder& builder) : builder_(builder) {}
    void add(const std::string& name, uint64_t size, Source& content) {
        if (!std::exchange(begun_, true)) {
            MemorySource nothing;
            builder_.add(directory_entry(directory_, 0), nothing, "kernel", "");
        }
        builder_.add(file_entry(directory_ / name, size, 0), content, "kernel", "");
    }

private:
    ContentsBuilder& builder_;
    TreePath directory_{"boot"};
    bool begun_ = false;
};

/// Kernel and command line that stand beside an initrd.
void read_boot_files(const std::vector<std::string>& paths, ContentsBuilder& builder) {
    BootFiles boot(builder);
    for (const auto& path : paths) {
        FileSource content(path);
        boot.add(path.substr(path.rfind('-') + 1), fs::file_size(path), content);
    }
}

/// Programs fill up sections to a multiple of 512 bytes, and say of one that needs more memory than
/// its file not where it ends. Kernels do not end with zeros.
uint64_t size_without_filling(FileSource end, uint64_t size) {
    std::string last(512, '\0');
    last.resize(read_full(end, last));
    return size - (last.size() - (last.find_last_not_of('\0') + 1));
}

/// A unified kernel image: what boots, and the initrd, are sections of it.
void read_uki(const std::string& path, ContentsBuilder& builder) {
    Fd file = open_fd(path, O_RDONLY);
    std::string head(most_pe_headers, '\0');
    FileSource front(file.get(), path);
    head.resize(read_full(front, head));
    auto places = pe_places(head, fmt::format("'{}'", path));
    auto open = [&](const PePlace& place) {
        return FileSource(file.get(), path, place.offset, place.size);
    };
    BootFiles boot(builder);
    for (auto [section, name] : {std::pair(".linux", "kernel"), std::pair(".cmdline", "cmdline")})
        if (auto place = std::ranges::find(places, section, &PePlace::name);
            place != places.end()) {
            uint64_t last = std::min<uint64_t>(place->size, 512);
            place->size = size_without_filling(
                open({section, place->offset + place->size - last, last}), place->size);
            FileSource content = open(*place);
            boot.add(name, place->size, content);
        }
    auto initrd = std::ranges::find(places, ".initrd", &PePlace::name);
    if (initrd == places.end())
        throw Error("'{}' is an EFI program without an initrd", path);
    FileSource content = open(*initrd);
    read_initrd(content, builder);
}

/// `beside`: files of the same build, see outputs_named().
Contents read_file_contents(const std::string& path, const std::vector<std::string>& beside,
                            const InspectOptions& options) {
    return within(
        [&] { return fmt::format("while reading {}", path); },
        [&] {
            FileKind kind = kind_of(path);
            FileSource file(path);
            ContentsBuilder builder(options.hash, options.document);
            if (kind.program) {
                read_uki(path, builder);
            } else if (kind.cpio) {
                read_boot_files(beside, builder);
                read_initrd(file, builder);
            } else {
                auto plain = make_decompressor(file, kind.compression);
                LimitedSource limited(*plain, most_unpacked, "the archive");
                read_tar(limited, builder);
            }
            Contents contents = builder.finish();
            bool docker = contents.files.contains("Dockerfile");
            contents.kind = kind.program ? "uki" : kind.cpio ? "initrd" : docker ? "docker" : "tar";
            return contents;
        });
}

std::optional<Reference> reference_named(const std::string& text) {
    try {
        return Reference::parse(text);
    } catch (const Error&) {
        return std::nullopt; // the name of a file, perhaps, but of none that exists
    }
}

std::optional<Contents> read_image_contents(const std::string& what,
                                            const InspectOptions& options) {
    auto name = reference_named(what);
    if (!name || !exists(options.cache + "/index.json"))
        return std::nullopt;
    const Reference& reference = *name;
    Store store(options.cache, false);
    auto session = store.session();
    if (!store.find(reference))
        return std::nullopt;
    return within([&] { return fmt::format("while reading image {}", reference.full()); },
                  [&] {
                      ResolvedImage image = resolve(store, reference, options.platform);
                      MergedImage merged(store, image.manifest.layers);
                      ContentsBuilder builder(options.hash);
                      auto tree = merged.open();
                      while (auto entry = tree->next())
                          builder.add(*entry, tree->content(), reference.full(),
                                      image.descriptor.digest.str());
                      Contents contents = builder.finish();
                      contents.kind = "image";
                      contents.containers = {container_of(image)};
                      return contents;
                  });
}

/// The files of a build by its name, that which is read first; empty when there is none.
std::vector<std::string> outputs_named(const std::string& name) {
    std::vector<std::string> found;
    for (const char* ending : {"-initrd.img", "-initrd.tar", ".tar", ".docker", ".efi"})
        if (fs::is_regular_file(name + ending)) {
            found.push_back(name + ending);
            break;
        }
    if (!found.empty() && found[0].ends_with("-initrd.img"))
        for (const char* ending : {"-kernel", "-cmdline"})
            if (fs::is_regular_file(name + ending))
                found.push_back(name + ending);
    return found;
}

} // namespace

Contents read_contents(const std::string& what, const InspectOptions& options) {
    std::vector<std::string> paths;
    if (fs::is_regular_file(what))
        paths = {what};
    else
        paths = outputs_named(what);
    std::optional<Contents> contents;
    if (!paths.empty()) {
        contents = read_file_contents(paths[0], {paths.begin() + 1, paths.end()}, options);
        if (exists(options.cache + "/index.json"))
            find_label_grants(*contents, Store(options.cache, false), options.platform);
        for (const auto& path : paths)
            contents->outputs.emplace_back(path, fs::file_size(path));
    } else {
        contents = read_image_contents(what, options);
    }
    if (!contents)
        throw Error("'{}' is no file, no build's name and no image in the cache {}", what,
                    options.cache)
            .hint("coracle cache ls");
    contents->name = what;
    return std::move(*contents);
}

} // namespace coracle
