// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "spec/spec.h"
#include "spec/tables.h"

namespace coracle {

// The build.yml as it is written; load_package() makes a Package of it.

struct DebianYaml {
    std::optional<std::string> suite = {};
    std::optional<Strings> packages = {};
    std::optional<bool> dependencies = {};
    std::optional<Strings> only = {}, without = {}, keep = {}, drop = {};
    std::optional<std::string> libraries = {};
    std::optional<bool> copyright = {};
};

struct GuestYaml {
    std::optional<std::string> program = {}, path = {};
};

struct KernelYaml {
    std::optional<Strings> modules = {}, optional = {};
};

struct PackageFileYaml {
    std::optional<std::string> path = {}, contents = {}, source = {}, symlink = {}, mode = {};
    std::optional<bool> directory = {};
    std::optional<int64_t> uid = {}, gid = {};
    Location at = {};
};

struct UserYaml {
    std::optional<std::string> name = {}, home = {}, shell = {};
    std::optional<int64_t> uid = {}, gid = {};
};

struct GroupYaml {
    std::optional<std::string> name = {};
    std::optional<int64_t> gid = {};
    std::optional<Strings> members = {};
};

struct DockerImagesYaml {
    std::optional<std::string> target = {}, target_dir = {}, from_file = {};
    std::optional<Strings> list = {};
};

struct DependsYaml {
    std::optional<DockerImagesYaml> docker_images = {};
    Location at = {};
};

struct PackageYaml {
    std::optional<std::string> image = {}, org = {}, tag = {}, dockerfile = {}, git_repository = {};
    std::optional<Strings> arches = {}, extra_sources = {}, build_args = {};
    std::optional<bool> network = {}, disable_cache = {}, disable_content_trust = {};
    std::optional<ImageEntry> config = {};
    std::optional<DependsYaml> depends = {};
    std::optional<DebianYaml> debian = {};
    std::optional<std::vector<GuestYaml>> guest = {};
    std::optional<KernelYaml> kernel = {};
    std::optional<std::vector<PackageFileYaml>> files = {};
    std::optional<std::vector<UserYaml>> users = {};
    std::optional<std::vector<GroupYaml>> groups = {};
    std::optional<Strings> entrypoint = {}, cmd = {}, env = {};
    std::optional<std::string> workdir = {}, user = {};
};

template <>
const Table& table_of<DebianYaml>();
template <>
const Table& table_of<GuestYaml>();
template <>
const Table& table_of<KernelYaml>();
template <>
const Table& table_of<PackageFileYaml>();
template <>
const Table& table_of<UserYaml>();
template <>
const Table& table_of<GroupYaml>();
template <>
const Table& table_of<DockerImagesYaml>();
template <>
const Table& table_of<DependsYaml>();
template <>
const Table& table_of<PackageYaml>();

} // namespace coracle
