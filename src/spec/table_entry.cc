// SPDX-License-Identifier: Apache-2.0
// Image entries: what onboot, onshutdown and services list, and the image's label.
#include "spec/entry_check.h"
#include "spec/rules.h"
#include "spec/tables.h"

namespace coracle {

namespace {

void append(std::vector<Field>& to, const std::vector<Field>& more) {
    to.insert(to.end(), more.begin(), more.end());
}

std::vector<Field> identity() {
    return {
        field<&ImageEntry::name>({.name = "name",
                                  .description = "The container's name, which its bundle and its "
                                                 "log are called by. Services differ in it.",
                                  .example = "redis",
                                  .rule = &rule::container_name,
                                  .required = true,
                                  .places = in_entries}),
        field<&ImageEntry::image>({.name = "image",
                                   .description =
                                       "The image: a reference, `@pkg:NAME` for a package "
                                       "that comes with Coracle, or `@pkg:DIRECTORY` for "
                                       "a package beside the YAML file.",
                                   .example = "redis:8",
                                   .rule = &rule::not_empty,
                                   .required = true,
                                   .places = in_entries}),
    };
}

std::vector<Field> privileges() {
    return {
        field<&ImageEntry::capabilities>({.name = "capabilities",
                                          .description = "What the container may do beyond an "
                                                         "ordinary process; `[all]` and `[none]` "
                                                         "mean that. Replaces what the label says.",
                                          .default_value = "none",
                                          .example = "[CAP_NET_BIND_SERVICE, CAP_CHOWN]",
                                          .rule = &rule::capability}),
        field<&ImageEntry::capabilities_add>({.name = "capabilities.add",
                                              .description = "Capabilities beside those of the "
                                                             "label.",
                                              .default_value = "none",
                                              .example = "[CAP_SYS_TIME]",
                                              .rule = &rule::capability}),
        field<&ImageEntry::ambient>({.name = "ambient",
                                     .description = "Capabilities that programs keep when they run "
                                                    "another as a user other than root.",
                                     .default_value = "none",
                                     .example = "[CAP_NET_BIND_SERVICE]",
                                     .rule = &rule::capability}),
    };
}

std::vector<Field> files() {
    return {
        field<&ImageEntry::mounts>({.name = "mounts",
                                    .description = "Mounts in the container.",
                                    .default_value = "none",
                                    .example = "[{type: cgroup, options: [rw, nosuid]}]"}),
        field<&ImageEntry::binds>({.name = "binds",
                                   .description = "Paths of the system, or volumes by their name, "
                                                  "that the container sees. Without options "
                                                  "rw,rbind,rshared; `rbind` is always added. "
                                                  "Replaces what the label says.",
                                   .default_value = "none",
                                   .example = "[/var/lib/redis:/data, conf:/etc/redis:ro]",
                                   .rule = &rule::bind}),
        field<&ImageEntry::binds_add>({.name = "binds.add",
                                       .description = "Binds beside those of the label.",
                                       .default_value = "none",
                                       .example = "[/dev:/dev]",
                                       .rule = &rule::bind}),
        field<&ImageEntry::devices>({.name = "devices",
                                     .description = "Devices that the container may use.",
                                     .default_value = "none",
                                     .example = "[{path: all, type: b}]"}),
        field<&ImageEntry::tmpfs>({.name = "tmpfs",
                                   .description = "Directories that are empty, writable and in "
                                                  "memory.",
                                   .default_value = "none",
                                   .example = "[\"/tmp:size=64m,mode=1777\"]",
                                   .rule = &rule::tmpfs}),
    };
}

std::vector<Field> process() {
    return {
        field<&ImageEntry::command>({.name = "command",
                                     .description = "The program and its arguments.",
                                     .default_value = "the image's entrypoint and command",
                                     .example = "[redis-server, /etc/redis.conf]"}),
        field<&ImageEntry::env>({.name = "env",
                                 .description = "Its environment, all of it.",
                                 .default_value = "the image's environment",
                                 .example = "[PATH=/bin, MODE=quiet]"}),
        field<&ImageEntry::cwd>({.name = "cwd",
                                 .description = "The directory it starts in.",
                                 .default_value = "the image's, else /",
                                 .example = "/data",
                                 .empty_is_absent = true}),
    };
}

std::vector<Field> namespaces() {
    return {
        field<&ImageEntry::net>({.name = "net",
                                 .description =
                                     "The network namespace: `host`, `new` (or `none`), or "
                                     "a path.",
                                 .default_value = "host",
                                 .example = "new",
                                 .empty_is_absent = true}),
        field<&ImageEntry::pid>({.name = "pid",
                                 .description = "The PID namespace: `new`, `host` or a path.",
                                 .default_value = "new",
                                 .example = "host",
                                 .empty_is_absent = true}),
        field<&ImageEntry::ipc>({.name = "ipc",
                                 .description = "The IPC namespace: `host`, `new` or a path.",
                                 .default_value = "host",
                                 .example = "new",
                                 .empty_is_absent = true}),
        field<&ImageEntry::uts>({.name = "uts",
                                 .description = "The UTS namespace: `host`, `new` or a path.",
                                 .default_value = "host",
                                 .example = "new",
                                 .empty_is_absent = true}),
        field<&ImageEntry::userns>({.name = "userns",
                                    .description =
                                        "The user namespace: `host`, `new` (with "
                                        "uidMappings and gidMappings), a path, or `auto` "
                                        "(an extension of Coracle): a new one whose ids "
                                        "no other container has.",
                                    .default_value = "host",
                                    .example = "auto",
                                    .empty_is_absent = true}),
        field<&ImageEntry::hostname>({.name = "hostname",
                                      .description = "The host name; needs `uts: new`.",
                                      .default_value = "the system's",
                                      .example = "oak",
                                      .empty_is_absent = true}),
    };
}

std::vector<Field> protection() {
    return {
        field<&ImageEntry::readonly>({.name = "readonly",
                                      .description = "The container cannot change its root file "
                                                     "system, which then needs no memory.",
                                      .default_value = "false",
                                      .example = "true"}),
        field<&ImageEntry::masked_paths>({.name = "maskedPaths",
                                          .description = "Paths the container cannot read.",
                                          .default_value = "none",
                                          .example = "[/proc/kcore]"}),
        field<&ImageEntry::readonly_paths>({.name = "readonlyPaths",
                                            .description = "Paths the container cannot change.",
                                            .default_value = "none",
                                            .example = "[/proc/sys]"}),
        field<&ImageEntry::uid>({.name = "uid",
                                 .description = "The user it runs as: a number, or a container's "
                                                "name. Each container has an id, from 100 on.",
                                 .default_value = "0",
                                 .example = "redis"}),
        field<&ImageEntry::gid>({.name = "gid",
                                 .description = "The group it runs as.",
                                 .default_value = "0",
                                 .example = "1000"}),
        field<&ImageEntry::additional_gids>({.name = "additionalGids",
                                             .description = "Further groups.",
                                             .default_value = "none",
                                             .example = "[5, redis]"}),
        field<&ImageEntry::no_new_privileges>({.name = "noNewPrivileges",
                                               .description = "Setuid programs gain nothing.",
                                               .default_value = "false",
                                               .example = "true"}),
    };
}

std::vector<Field> kernel_settings() {
    return {
        field<&ImageEntry::oom_score_adj>({.name = "oomScoreAdj",
                                           .description = "How soon it is killed when memory runs "
                                                          "out: the least from -1000.",
                                           .default_value = "0",
                                           .example = "-800",
                                           .rule = &rule::oom_score}),
        field<&ImageEntry::rootfs_propagation>({.name = "rootfsPropagation",
                                                .description =
                                                    "Whether mounts in the container are "
                                                    "seen outside.",
                                                .default_value = "private",
                                                .example = "shared",
                                                .rule = &rule::propagation}),
        field<&ImageEntry::cgroups_path>({.name = "cgroupsPath",
                                          .description = "The container's cgroup.",
                                          .default_value = "the container's name",
                                          .example = "/podruntime/redis"}),
        field<&ImageEntry::resources>({.name = "resources",
                                       .description = "Limits.",
                                       .default_value = "none",
                                       .example = "{memory: {limit: 67108864}}"}),
        field<&ImageEntry::sysctl>({.name = "sysctl",
                                    .description = "Kernel settings of the container's namespaces.",
                                    .default_value = "none",
                                    .example = "{net.core.somaxconn: \"1024\"}"}),
        field<&ImageEntry::rlimits>({.name = "rlimits",
                                     .description = "Limits of the process: a name, soft and hard "
                                                    "limit, or `unlimited`.",
                                     .default_value = "the system's",
                                     .example = "[\"nofile,1024,65536\"]",
                                     .rule = &rule::rlimit}),
        field<&ImageEntry::uid_mappings>(
            {.name = "uidMappings",
             .description = "User ids of a new user namespace.",
             .default_value = "none",
             .example = "[{containerID: 0, hostID: 100000, size: 65536}]"}),
        field<&ImageEntry::gid_mappings>(
            {.name = "gidMappings",
             .description = "Group ids of a new user namespace.",
             .default_value = "none",
             .example = "[{containerID: 0, hostID: 100000, size: 65536}]"}),
        field<&ImageEntry::annotations>({.name = "annotations",
                                         .description = "Annotations for the OCI runtime.",
                                         .default_value = "none",
                                         .example = "{purpose: cache}"}),
        field<&ImageEntry::runtime>({.name = "runtime",
                                     .description = "What is done in the system around the "
                                                    "container.",
                                     .default_value = "nothing",
                                     .example = "{mkdir: [/var/lib/redis]}",
                                     .by_key = true}),
    };
}

std::vector<Field> extensions() {
    return {
        field<&ImageEntry::seccomp>({.name = "seccomp",
                                     .description = "System calls the container may use: `default` "
                                                    "a list for ordinary programs, `unconfined` "
                                                    "all, or the path of a profile beside the "
                                                    "YAML file.",
                                     .default_value = "unconfined",
                                     .example = "./redis.json",
                                     .rule = &rule::not_empty,
                                     .ours = true}),
        field<&ImageEntry::restart>({.name = "restart",
                                     .description = "Whether a service that has ended is started "
                                                    "again.",
                                     .default_value = "always",
                                     .example = "on-failure",
                                     .rule = &rule::restart,
                                     .ours = true,
                                     .places = in_services}),
        field<&ImageEntry::after>({.name = "after",
                                   .description = "Services that are started before this one.",
                                   .default_value = "none",
                                   .example = "[redis]",
                                   .rule = &rule::container_name,
                                   .ours = true,
                                   .places = in_services}),
        field<&ImageEntry::timeout>({.name = "timeout",
                                     .description = "How long it may run before it is killed, in "
                                                    "seconds or as in `2m`.",
                                     .default_value = "no limit",
                                     .example = "30s",
                                     .ours = true,
                                     .places = in_onboot}),
        field<&ImageEntry::optional>({.name = "optional",
                                      .description = "The boot goes on, without a word of failure, "
                                                     "when it fails.",
                                      .default_value = "false",
                                      .example = "true",
                                      .ours = true,
                                      .places = in_onboot}),
    };
}

std::vector<Field> all_fields() {
    std::vector<Field> all = identity();
    append(all, privileges());
    append(all, files());
    append(all, process());
    append(all, namespaces());
    append(all, protection());
    append(all, kernel_settings());
    append(all, extensions());
    return all;
}

} // namespace

template <>
const Table& table_of<ImageEntry>() {
    static const Table table{
        .name = "image entry",
        .description = "A container. What it does not say is taken from the image's label "
                       "`org.mobyproject.config`, which has the same keys but for name and image.",
        .fields = all_fields(),
        .locate = [](void* entry, const Location& at) { static_cast<ImageEntry*>(entry)->at = at; },
        .places = [](void* entry) -> std::map<std::string, Location>& {
            return static_cast<ImageEntry*>(entry)->places;
        },
        .check =
            [](Decoder& decoder, const void* entry) {
                check_entry(decoder, *static_cast<const ImageEntry*>(entry));
            },
    };
    return table;
}

} // namespace coracle
