// SPDX-License-Identifier: Apache-2.0
// `runtime`, mounts, devices and id mappings.
#include "spec/rules.h"
#include "spec/tables.h"

namespace coracle {

template <>
const Table& table_of<RuntimeSpec>() {
    static const Table table{
        .name = "runtime",
        .description = "What is done in the running system around the container: cgroups, mounts "
                       "and mkdir before it is created, interfaces and bindNS before it starts.",
        .fields = {
            field<&RuntimeSpec::cgroups>({.name = "cgroups",
                                          .description = "Cgroups that are made.",
                                          .default_value = "none",
                                          .example = "[podruntime]"}),
            field<&RuntimeSpec::mounts>(
                {.name = "mounts",
                 .description = "Mounts that are made in the system, their "
                                "directories too.",
                 .default_value = "none",
                 .example = "[{type: tmpfs, source: tmpfs, destination: /var/tmp}]"}),
            field<&RuntimeSpec::mkdir>({.name = "mkdir",
                                        .description = "Directories that are made in the system.",
                                        .default_value = "none",
                                        .example = "[/var/lib/redis]"}),
            field<&RuntimeSpec::interfaces>({.name = "interfaces",
                                             .description = "Network interfaces that are moved or "
                                                            "made for the container.",
                                             .default_value = "none",
                                             .example = "[{name: eth1}]"}),
            field<&RuntimeSpec::bind_namespaces>({.name = "bindNS",
                                                  .description = "Files that the container's "
                                                                 "namespaces are bound to, so that "
                                                                 "others can join them.",
                                                  .example = "{net: /run/netns/web}",
                                                  .by_key = true}),
            field<&RuntimeSpec::container_namespace>({.name = "namespace",
                                                      .description = "The containerd namespace the "
                                                                     "service runs in.",
                                                      .default_value = "services.linuxkit",
                                                      .example = "k8s.io"}),
        }};
    return table;
}

template <>
const Table& table_of<InterfaceSpec>() {
    static const Table table{
        .name = "interface",
        .description = "A network interface that the container gets.",
        .fields = {
            field<&InterfaceSpec::name>(
                {.name = "name", .description = "Its name.", .example = "wg0"}),
            field<&InterfaceSpec::add>({.name = "add",
                                        .description = "Makes an interface of this type.",
                                        .default_value = "an interface that exists is moved",
                                        .example = "wireguard"}),
            field<&InterfaceSpec::peer>({.name = "peer",
                                         .description = "With `add: veth`: the name of the other "
                                                        "end, which stays in the system.",
                                         .example = "veth0"}),
            field<&InterfaceSpec::create_in_root>({.name = "createInRoot",
                                                   .description =
                                                       "Makes it in the system's network "
                                                       "namespace first, then moves it.",
                                                   .default_value = "false",
                                                   .example = "true"}),
        }};
    return table;
}

template <>
const Table& table_of<BindNamespaces>() {
    static const Table table{
        .name = "bindNS",
        .description = "A file for each namespace that others shall join.",
        .fields = {
            field<&BindNamespaces::cgroup>({.name = "cgroup",
                                            .description = "For the cgroup namespace.",
                                            .example = "/run/ns/cgroup"}),
            field<&BindNamespaces::ipc>(
                {.name = "ipc", .description = "For the IPC namespace.", .example = "/run/ns/ipc"}),
            field<&BindNamespaces::mnt>({.name = "mnt",
                                         .description = "For the mount namespace.",
                                         .example = "/run/ns/mnt"}),
            field<&BindNamespaces::net>({.name = "net",
                                         .description = "For the network namespace.",
                                         .example = "/run/netns/web"}),
            field<&BindNamespaces::pid>(
                {.name = "pid", .description = "For the PID namespace.", .example = "/run/ns/pid"}),
            field<&BindNamespaces::user>({.name = "user",
                                          .description = "For the user namespace.",
                                          .example = "/run/ns/user"}),
            field<&BindNamespaces::uts>(
                {.name = "uts", .description = "For the UTS namespace.", .example = "/run/ns/uts"}),
        }};
    return table;
}

template <>
const Table& table_of<MountSpec>() {
    static const Table table{
        .name = "mount",
        .description = "A mount, as in the OCI runtime specification.",
        .fields = {
            field<&MountSpec::destination>({.name = "destination",
                                            .description = "Where it is mounted.",
                                            .default_value = "the usual place of its type",
                                            .example = "/var/lib"}),
            field<&MountSpec::type>({.name = "type",
                                     .description = "The type of file system, or `bind`.",
                                     .default_value = "the source, where that is mqueue, devpts, "
                                                      "proc, sysfs or cgroup",
                                     .example = "bind"}),
            field<&MountSpec::source>({.name = "source",
                                       .description =
                                           "What is mounted; with `type: bind` a path or "
                                           "the name of a volume.",
                                       .default_value = "the type",
                                       .example = "data"}),
            field<&MountSpec::options>({.name = "options",
                                        .description = "Mount options.",
                                        .default_value = "none",
                                        .example = "[rw, nosuid]"}),
            field<&MountSpec::uid_mappings>(
                {.name = "uidmappings",
                 .description = "User ids of an idmapped mount.",
                 .example = "[{containerID: 0, hostID: 1000, size: 1}]"}),
            field<&MountSpec::gid_mappings>(
                {.name = "gidmappings",
                 .description = "Group ids of an idmapped mount.",
                 .example = "[{containerID: 0, hostID: 1000, size: 1}]"}),
        }};
    return table;
}

template <>
const Table& table_of<DeviceSpec>() {
    static const Table table{
        .name = "device",
        .description = "A device node the container has and may use.",
        .fields =
            {
                field<&DeviceSpec::path>({.name = "path",
                                          .description = "The node. `all` makes none, but lets the "
                                                         "container use every device of the type.",
                                          .example = "/dev/ttyS0",
                                          .rule = &rule::not_empty,
                                          .required = true}),
                field<&DeviceSpec::type>({.name = "type",
                                          .description =
                                              "`c` or `u` character, `b` block, `p` fifo, "
                                              "`a` (with `path: all`) any.",
                                          .example = "c",
                                          .rule = &rule::device_type}),
                field<&DeviceSpec::major>({.name = "major",
                                           .description = "Major number.",
                                           .default_value = "0",
                                           .example = "4"}),
                field<&DeviceSpec::minor>({.name = "minor",
                                           .description = "Minor number.",
                                           .default_value = "0",
                                           .example = "64"}),
                field<&DeviceSpec::mode>({.name = "mode",
                                          .description = "The permissions in octal, in quotes; "
                                                         "required for a node.",
                                          .example = "\"0666\"",
                                          .rule = &rule::octal_mode}),
            },
    };
    return table;
}

template <>
const Table& table_of<IdMapping>() {
    static const Table table{
        .name = "id mapping",
        .description = "A range of ids inside the user namespace and where it lies outside.",
        .fields = {
            field<&IdMapping::container_id>({.name = "containerID",
                                             .description = "The first id inside.",
                                             .default_value = "0",
                                             .example = "0",
                                             .rule = &rule::count}),
            field<&IdMapping::host_id>({.name = "hostID",
                                        .description = "The first id outside.",
                                        .default_value = "0",
                                        .example = "100000",
                                        .rule = &rule::count}),
            field<&IdMapping::size>({.name = "size",
                                     .description = "How many ids.",
                                     .default_value = "0",
                                     .example = "65536",
                                     .rule = &rule::count}),
        }};
    return table;
}

} // namespace coracle
