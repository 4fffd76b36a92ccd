// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "base/error.h"
#include "base/tree_path.h"
#include "pkgbuild/package_yaml.h"
#include "spec/rules.h"

namespace coracle {

namespace {

constexpr std::array<std::string_view, 2> library_choices{"all", "needed"};
constexpr std::array<std::string_view, 9> arch_choices{
    "386", "amd64", "arm", "arm64", "loong64", "mips64le", "ppc64le", "riscv64", "s390x"};

std::optional<Problem> check_words(const std::string& text, std::string_view also,
                                   std::string_view what) {
    for (char c : text)
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && also.find(c) == also.npos)
            return Problem{fmt::format("'{}' is no {}", text, what), ""};
    if (text.empty() || also.find(text[0]) != also.npos)
        return Problem{fmt::format("'{}' is no {}", text, what), ""};
    return std::nullopt;
}

std::optional<Problem> check_image(const std::string& text) {
    return check_words(text, "-._/", "name of an image");
}
std::optional<Problem> check_suite(const std::string& text) {
    return check_words(text, "-.", "name of a Debian release");
}
std::optional<Problem> check_user(const std::string& text) {
    return check_words(text, "_-", "name of a user or group");
}
/// A package, with ${arch}, =VERSION or [ARCH ...] after it.
std::optional<Problem> check_debian_package(const std::string& text) {
    return check_words(text, "+-.:=~${} []!ABCDEFGHIJKLMNOPQRSTUVWXYZ", "name of a Debian package");
}
std::optional<Problem> check_source(const std::string& text) {
    try {
        TreePath path(text);
        if (!path.is_root() && !text.starts_with('/'))
            return std::nullopt;
    } catch (const Error&) {
    }
    return Problem{fmt::format("'{}' is no file of the package's directory", text), ""};
}

constexpr Rule image_rule{.words = "a name without registry and tag", .check = check_image};
constexpr Rule suite_rule{.words = "a Debian release", .check = check_suite};
constexpr Rule user_rule{.words = "a name", .check = check_user};
constexpr Rule debian_package_rule{.words = "a Debian package", .check = check_debian_package};
constexpr Rule source_rule{.words = "a file below the package's directory", .check = check_source};
constexpr Rule libraries_rule{.choices = library_choices};
constexpr Rule arch_rule{.choices = arch_choices};
constexpr Rule id_rule{.least = 0, .most = 4294967294};

void check_file(Decoder& decoder, const void* object) {
    const auto& file = *static_cast<const PackageFileYaml*>(object);
    int kinds = (file.contents ? 1 : 0) + (file.source ? 1 : 0) + (file.symlink ? 1 : 0) +
                (file.directory.value_or(false) ? 1 : 0);
    if (kinds != 1)
        decoder.error(file.at, "a file has one of contents, source, symlink and directory: true");
}

} // namespace

template <>
const Table& table_of<DebianYaml>() {
    static const Table table{
        .name = "debian",
        .description = "Files taken from Debian packages.",
        .fields =
            {
                field<&DebianYaml::suite>({.name = "suite",
                                           .description = "The Debian release.",
                                           .default_value = "trixie",
                                           .rule = &suite_rule}),
                field<&DebianYaml::packages>({.name = "packages",
                                              .description = "The packages; ${arch} is the "
                                                             "architecture, [amd64 arm64] after a "
                                                             "name restricts it.",
                                              .example = "[redis-server]",
                                              .rule = &debian_package_rule,
                                              .required = true}),
                field<&DebianYaml::dependencies>(
                    {.name = "dependencies",
                     .description = "Whether to take what the packages depend on.",
                     .default_value = "true"}),
                field<&DebianYaml::only>({.name = "only",
                                          .description = "Of all packages, those with such names.",
                                          .example = "[\"linux-image-*\"]"}),
                field<&DebianYaml::without>({.name = "without",
                                             .description = "Of all packages, not those.",
                                             .example = "[perl-base]"}),
                field<&DebianYaml::keep>({.name = "keep",
                                          .description = "The files that are wanted.",
                                          .default_value = "all but documentation",
                                          .example = "[/usr/bin/redis-server]"}),
                field<&DebianYaml::drop>({.name = "drop",
                                          .description = "Files that are not wanted.",
                                          .example = "[\"/usr/share/**\"]"}),
                field<&DebianYaml::libraries>(
                    {.name = "libraries",
                     .description = "Shared libraries: all, or those that kept programs need.",
                     .default_value = "needed with keep, else all",
                     .rule = &libraries_rule}),
                field<&DebianYaml::copyright>(
                    {.name = "copyright",
                     .description = "Whether to keep the packages' copyright files.",
                     .default_value = "true"}),
            },
    };
    return table;
}

template <>
const Table& table_of<GuestYaml>() {
    static const Table table{
        .name = "guest program",
        .description = "A program that comes with Coracle, built for the system.",
        .fields = {field<&GuestYaml::program>(
                       {.name = "program", .description = "Its name.", .required = true}),
                   field<&GuestYaml::path>({.name = "path",
                                            .description = "Where it goes.",
                                            .rule = &rule::file_path,
                                            .required = true})},
    };
    return table;
}

template <>
const Table& table_of<KernelYaml>() {
    static const Table table{
        .name = "kernel",
        .description = "Turns Debian's kernel into `kernel` and `kernel.tar`.",
        .fields = {field<&KernelYaml::modules>(
                       {.name = "modules",
                        .description = "Modules by name, or globs on their path below kernel/.",
                        .example = "[virtio_net, \"fs/nls/*\"]"}),
                   field<&KernelYaml::optional>(
                       {.name = "optional",
                        .description = "The same, where the kernel has them."})},
    };
    return table;
}

template <>
const Table& table_of<PackageFileYaml>() {
    static const Table table{
        .name = "package file",
        .description = "A file of the image.",
        .fields =
            {
                field<&PackageFileYaml::path>({.name = "path",
                                               .description = "Where it goes.",
                                               .rule = &rule::file_path,
                                               .required = true}),
                field<&PackageFileYaml::contents>(
                    {.name = "contents", .description = "What it holds."}),
                field<&PackageFileYaml::source>(
                    {.name = "source",
                     .description = "A file of the package's directory.",
                     .rule = &source_rule}),
                field<&PackageFileYaml::symlink>(
                    {.name = "symlink", .description = "Makes a symlink to this."}),
                field<&PackageFileYaml::directory>(
                    {.name = "directory", .description = "Makes a directory."}),
                field<&PackageFileYaml::mode>(
                    {.name = "mode",
                     .description = "The permissions in octal, in quotes.",
                     .rule = &rule::octal_mode}),
                field<&PackageFileYaml::uid>(
                    {.name = "uid", .description = "The owner.", .rule = &id_rule}),
                field<&PackageFileYaml::gid>(
                    {.name = "gid", .description = "The group.", .rule = &id_rule}),
            },
        .locate = [](void* file,
                     const Location& at) { static_cast<PackageFileYaml*>(file)->at = at; },
        .check = check_file,
    };
    return table;
}

template <>
const Table& table_of<UserYaml>() {
    static const Table table{
        .name = "user",
        .description = "A line of /etc/passwd.",
        .fields =
            {
                field<&UserYaml::name>({.name = "name",
                                        .description = "The name.",
                                        .rule = &user_rule,
                                        .required = true}),
                field<&UserYaml::uid>({.name = "uid",
                                       .description = "The number.",
                                       .rule = &id_rule,
                                       .required = true}),
                field<&UserYaml::gid>({.name = "gid",
                                       .description = "The group's number.",
                                       .default_value = "as uid",
                                       .rule = &id_rule}),
                field<&UserYaml::home>(
                    {.name = "home", .description = "The home directory.", .default_value = "/"}),
                field<&UserYaml::shell>({.name = "shell",
                                         .description = "The shell.",
                                         .default_value = "/sbin/nologin"}),
            },
    };
    return table;
}

template <>
const Table& table_of<GroupYaml>() {
    static const Table table{
        .name = "group",
        .description = "A line of /etc/group.",
        .fields = {field<&GroupYaml::name>({.name = "name",
                                            .description = "The name.",
                                            .rule = &user_rule,
                                            .required = true}),
                   field<&GroupYaml::gid>({.name = "gid",
                                           .description = "The number.",
                                           .rule = &id_rule,
                                           .required = true}),
                   field<&GroupYaml::members>(
                       {.name = "members", .description = "Users.", .rule = &user_rule})},
    };
    return table;
}

template <>
const Table& table_of<DockerImagesYaml>() {
    static const Table table{
        .name = "docker-images",
        .description = "Images that a Dockerfile wants as files.",
        .fields = {field<&DockerImagesYaml::list>({.name = "list", .description = "Images."}),
                   field<&DockerImagesYaml::from_file>(
                       {.name = "from-file", .description = "A YAML file that lists images."}),
                   field<&DockerImagesYaml::target>({.name = "target", .description = "A file."}),
                   field<&DockerImagesYaml::target_dir>(
                       {.name = "target-dir", .description = "A directory."})},
    };
    return table;
}

template <>
const Table& table_of<DependsYaml>() {
    static const Table table{
        .name = "depends",
        .description = "What a Dockerfile needs.",
        .fields = {field<&DependsYaml::docker_images>(
            {.name = "docker-images", .description = "Images as files."})},
        .locate = [](void* object,
                     const Location& at) { static_cast<DependsYaml*>(object)->at = at; },
        .check =
            [](Decoder& decoder, const void* object) {
                const auto& depends = *static_cast<const DependsYaml*>(object);
                if (depends.docker_images)
                    decoder.error(depends.at, "depends.docker-images is not supported yet");
            },
    };
    return table;
}

template <>
const Table& table_of<PackageYaml>() {
    static const Table table{
        .name = "build.yml",
        .description = "A package: one image and how it is made.",
        .fields =
            {
                field<&PackageYaml::image>({.name = "image",
                                            .description = "The name of the image.",
                                            .rule = &image_rule,
                                            .required = true}),
                field<&PackageYaml::org>({.name = "org",
                                          .description = "What stands before the name.",
                                          .default_value = "linuxkit"}),
                field<&PackageYaml::tag>(
                    {.name = "tag",
                     .description = "The tag; {{.Hash}} is the directory's hash.",
                     .default_value = "{{.Hash}}"}),
                field<&PackageYaml::dockerfile>({.name = "dockerfile",
                                                 .description = "The Dockerfile.",
                                                 .default_value = "Dockerfile"}),
                field<&PackageYaml::arches>({.name = "arches",
                                             .description = "Architectures it is made for.",
                                             .default_value = "[amd64, arm64]",
                                             .rule = &arch_rule}),
                field<&PackageYaml::extra_sources>(
                    {.name = "extra-sources", .description = "SOURCE:DESTINATION for the build."}),
                field<&PackageYaml::git_repository>(
                    {.name = "gitrepo", .description = "Where the source is."}),
                field<&PackageYaml::network>({.name = "network",
                                              .description = "Whether a Dockerfile may use it.",
                                              .default_value = "false"}),
                field<&PackageYaml::disable_cache>(
                    {.name = "disable-cache", .description = "Of a Dockerfile's builder."}),
                field<&PackageYaml::disable_content_trust>(
                    {.name = "disable-content-trust", .description = "Has no effect."}),
                field<&PackageYaml::build_args>(
                    {.name = "buildArgs", .description = "NAME=VALUE for a Dockerfile."}),
                field<&PackageYaml::config>(
                    {.name = "config", .description = "The label org.mobyproject.config."}),
                field<&PackageYaml::depends>({.name = "depends", .description = "What it needs."}),
                field<&PackageYaml::debian>({.name = "debian",
                                             .description = "Files taken from Debian packages.",
                                             .ours = true}),
                field<&PackageYaml::guest>({.name = "guest",
                                            .description = "Programs that come with Coracle.",
                                            .ours = true}),
                field<&PackageYaml::kernel>(
                    {.name = "kernel", .description = "Makes a kernel image.", .ours = true}),
                field<&PackageYaml::files>(
                    {.name = "files", .description = "More files.", .ours = true}),
                field<&PackageYaml::users>(
                    {.name = "users", .description = "Users of the image.", .ours = true}),
                field<&PackageYaml::groups>(
                    {.name = "groups", .description = "Groups of the image.", .ours = true}),
                field<&PackageYaml::entrypoint>(
                    {.name = "entrypoint", .description = "The program.", .ours = true}),
                field<&PackageYaml::cmd>(
                    {.name = "cmd", .description = "Its arguments.", .ours = true}),
                field<&PackageYaml::env>(
                    {.name = "env", .description = "NAME=VALUE.", .ours = true}),
                field<&PackageYaml::workdir>(
                    {.name = "workdir", .description = "Where it starts.", .ours = true}),
                field<&PackageYaml::user>(
                    {.name = "user", .description = "Who it runs as.", .ours = true}),
            },
    };
    return table;
}

} // namespace coracle
