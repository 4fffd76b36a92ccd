// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/package.h"

#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "pkgbuild/package_yaml.h"
#include "spec/decoder.h"
#include "spec/diagnoser.h"
#include "spec/rules.h"
#include "spec/write.h"

namespace coracle {

namespace {

DebianContent make_debian(const DebianYaml& yaml) {
    DebianContent content;
    content.suite = yaml.suite.value_or(content.suite);
    content.packages = yaml.packages.value_or(Strings());
    content.dependencies = yaml.dependencies.value_or(true);
    content.only = yaml.only.value_or(Strings());
    content.without = yaml.without.value_or(Strings());
    content.keep = yaml.keep.value_or(Strings());
    content.drop = yaml.drop.value_or(Strings());
    content.needed_libraries = yaml.libraries ? *yaml.libraries == "needed" : !content.keep.empty();
    content.copyright = yaml.copyright.value_or(true);
    return content;
}

FileContent make_file(const PackageFileYaml& yaml) {
    FileContent file;
    file.path = yaml.path.value_or("");
    file.contents = yaml.contents;
    file.source = yaml.source;
    file.symlink = yaml.symlink;
    file.directory = yaml.directory.value_or(false);
    if (yaml.mode)
        file.mode = parse_mode(*yaml.mode);
    file.uid = static_cast<uint32_t>(yaml.uid.value_or(0));
    file.gid = static_cast<uint32_t>(yaml.gid.value_or(0));
    return file;
}

UserContent make_user(const UserYaml& yaml) {
    UserContent user;
    user.name = yaml.name.value_or("");
    user.uid = static_cast<uint32_t>(yaml.uid.value_or(0));
    user.gid = static_cast<uint32_t>(yaml.gid.value_or(user.uid));
    user.home = yaml.home.value_or(user.home);
    user.shell = yaml.shell.value_or(user.shell);
    return user;
}

void add_content(Package& package, const PackageYaml& yaml) {
    if (yaml.debian)
        package.debian = make_debian(*yaml.debian);
    for (const auto& guest : yaml.guest.value_or(std::vector<GuestYaml>()))
        package.guest.push_back({guest.program.value_or(""), guest.path.value_or("")});
    if (yaml.kernel)
        package.kernel = KernelContent{yaml.kernel->modules.value_or(Strings()),
                                       yaml.kernel->optional.value_or(Strings())};
    for (const auto& file : yaml.files.value_or(std::vector<PackageFileYaml>()))
        package.files.push_back(make_file(file));
    for (const auto& user : yaml.users.value_or(std::vector<UserYaml>()))
        package.users.push_back(make_user(user));
    for (const auto& group : yaml.groups.value_or(std::vector<GroupYaml>()))
        package.groups.push_back({group.name.value_or(""),
                                  static_cast<uint32_t>(group.gid.value_or(0)),
                                  group.members.value_or(Strings())});
    package.entrypoint = yaml.entrypoint.value_or(Strings());
    package.cmd = yaml.cmd.value_or(Strings());
    package.env = yaml.env.value_or(Strings());
    package.workdir = yaml.workdir.value_or("");
    package.user = yaml.user.value_or("");
}

/// Also reports what no single value is to blame for.
Package make_package(const PackageYaml& yaml, const Node& root, Diagnoser& diagnoser) {
    Package package;
    package.image = yaml.image.value_or("");
    package.org = yaml.org.value_or(package.org);
    package.tag = yaml.tag.value_or(package.tag);
    package.architectures = yaml.arches.value_or(package.architectures);
    package.dockerfile = yaml.dockerfile.value_or(package.dockerfile);
    package.extra_sources = yaml.extra_sources.value_or(Strings());
    package.network = yaml.network.value_or(false);
    package.disable_cache = yaml.disable_cache.value_or(false);
    package.git_repository = yaml.git_repository.value_or("");
    auto at = root.location();
    at.width = 1;
    for (const auto& argument : yaml.build_args.value_or(Strings())) {
        size_t equals = argument.find('=');
        if (equals == argument.npos || argument.starts_with("@lkt:"))
            diagnoser.error(
                at, fmt::format("'{}' in buildArgs is not supported: write NAME=VALUE", argument));
        else
            package.build_args.emplace_back(argument.substr(0, equals),
                                            argument.substr(equals + 1));
    }
    if (yaml.config)
        package.label = to_json(*yaml.config);
    add_content(package, yaml);
    if (package.kernel && !package.debian)
        diagnoser.error(at, "a kernel is made from Debian packages: 'debian' is missing");
    if (package.debian && package.debian->packages.empty())
        diagnoser.error(at, "debian.packages is empty");
    return package;
}

} // namespace

Package load_package(const std::string& directory) {
    std::error_code error;
    auto absolute = std::filesystem::absolute(directory, error).lexically_normal().string();
    while (absolute.size() > 1 && absolute.ends_with('/'))
        absolute.pop_back();
    std::string file = (std::filesystem::path(directory) / "build.yml").lexically_normal().string();
    auto text = read_file_if_present(file, 1 << 20);
    if (!text)
        throw Error("'{}' is no package: it has no build.yml", directory);
    Diagnoser diagnoser(file, *text);
    Document document = parse_yaml(*text, diagnoser);
    diagnoser.finish();
    if (!document.root())
        throw Error("'{}' is empty", file);
    PackageYaml yaml;
    Decoder decoder(diagnoser, false);
    decoder.set_place(in_label); // `config` is one
    decoder.object(*document.root(), table_of<PackageYaml>(), &yaml);
    diagnoser.finish();
    auto package = make_package(yaml, *document.root(), diagnoser);
    diagnoser.finish();
    package.directory = absolute;
    package.file = absolute + "/build.yml";
    return package;
}

} // namespace coracle
