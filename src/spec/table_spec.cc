// SPDX-License-Identifier: Apache-2.0
// The file as a whole, kernel, volumes and trust.
#include "spec/rules.h"
#include "spec/tables.h"

namespace coracle {

template <>
const Table& table_of<Spec>() {
    static const Table table{
        .name = "file",
        .description = "A system: its kernel, the images its root file system is made of, the "
                       "containers that run in it, and files.",
        .fields = {
            field<&Spec::kernel>({.name = "kernel",
                                  .description =
                                      "The kernel that is booted. A build for containers "
                                      "or for another kernel leaves it out.",
                                  .example = "{image: \"@pkg:kernel\", cmdline: console=ttyS0}"}),
            field<&Spec::init>({.name = "init",
                                .description = "Images that are unpacked onto `/`, in this order.",
                                .default_value = "none",
                                .example = "[\"@pkg:init\"]",
                                .rule = &rule::not_empty}),
            field<&Spec::onboot>({.name = "onboot",
                                  .description = "Containers that run one after another, each to "
                                                 "its end, before the services start.",
                                  .default_value = "none",
                                  .example = "[{name: dhcpcd, image: \"@pkg:dhcpcd\"}]",
                                  .enters = in_onboot}),
            field<&Spec::onshutdown>({.name = "onshutdown",
                                      .description = "Containers that run one after another when "
                                                     "the system goes down.",
                                      .default_value = "none",
                                      .example = "[{name: bye, image: busybox, command: [sync]}]",
                                      .enters = in_onshutdown}),
            field<&Spec::services>({.name = "services",
                                    .description = "Containers that run as long as the system "
                                                   "does. Their names differ from each other.",
                                    .default_value = "none",
                                    .example = "[{name: redis, image: \"@pkg:redis\"}]",
                                    .enters = in_services}),
            field<&Spec::volumes>({.name = "volumes",
                                   .description = "Directories that containers share, empty or "
                                                  "filled from an image.",
                                   .default_value = "none",
                                   .example = "[{name: data}]"}),
            field<&Spec::files>({.name = "files",
                                 .description = "Files, directories and links that are put into "
                                                "the root file system last.",
                                 .default_value = "none",
                                 .example = "[{path: etc/hostname, contents: oak}]"}),
            field<&Spec::trust>({.name = "trust",
                                 .description = "Which images must be signed, with `coracle "
                                                "build --verify`.",
                                 .default_value = "all images",
                                 .example = "{org: [linuxkit]}"}),
        }};
    return table;
}

template <>
const Table& table_of<KernelSpec>() {
    static const Table table{
        .name = "kernel",
        .description = "Where the kernel comes from. When files are merged, each key of a later "
                       "file replaces that of an earlier one.",
        .fields = {
            field<&KernelSpec::image>({.name = "image",
                                       .description = "The image that holds the kernel.",
                                       .example = "linuxkit/kernel:6.12.59",
                                       .empty_is_absent = true}),
            field<&KernelSpec::cmdline>({.name = "cmdline",
                                         .description = "The kernel's command line.",
                                         .example = "console=ttyS0 page_poison=1",
                                         .empty_is_absent = true}),
            field<&KernelSpec::binary>({.name = "binary",
                                        .description = "The kernel's file name in the image.",
                                        .default_value = "kernel",
                                        .example = "bzImage",
                                        .empty_is_absent = true}),
            field<&KernelSpec::tar>(
                {.name = "tar",
                 .description = "A tar archive in the image that is unpacked onto `/`: the "
                                "modules. `none`, or an empty text: there is none.",
                 .default_value = "kernel.tar",
                 .example = "none"}),
            field<&KernelSpec::ucode>({.name = "ucode",
                                       .description = "A cpio archive of microcode in the image, "
                                                      "which is put before the initrd.",
                                       .default_value = "none",
                                       .example = "intel-ucode.cpio"}),
        }};
    return table;
}

template <>
const Table& table_of<VolumeSpec>() {
    static const Table table{
        .name = "volume",
        .description = "A directory that containers mount by its name: `binds: [data:/var/lib]`.",
        .fields =
            {
                field<&VolumeSpec::name>({.name = "name",
                                          .description = "The name; no other volume has it.",
                                          .example = "data",
                                          .rule = &rule::volume_name,
                                          .required = true}),
                field<&VolumeSpec::image>({.name = "image",
                                           .description = "The image the volume is filled from.",
                                           .default_value = "none: the volume is empty",
                                           .example = "redis:8"}),
                field<&VolumeSpec::readonly>({.name = "readonly",
                                              .description = "Containers can only mount it with "
                                                             "the option `ro`.",
                                              .default_value = "false",
                                              .example = "true"}),
                field<&VolumeSpec::format>({.name = "format",
                                            .description =
                                                "`filesystem`: the image's files; `oci`: "
                                                "the image as an OCI layout.",
                                            .default_value = "filesystem",
                                            .example = "oci",
                                            .rule = &rule::volume_format}),
                field<&VolumeSpec::platforms>({.name = "platforms",
                                               .description = "With `format: oci`: the platforms "
                                                              "that the layout holds.",
                                               .default_value = "all that the image has",
                                               .example = "[linux/amd64, linux/arm64]",
                                               .rule = &rule::platform}),
            },
        .locate = [](void* volume,
                     const Location& at) { static_cast<VolumeSpec*>(volume)->at = at; },
        .check =
            [](Decoder& decoder, const void* object) {
                const auto& volume = *static_cast<const VolumeSpec*>(object);
                if (volume.platforms && !volume.is_oci())
                    decoder.warning(volume.at, "'platforms' has no effect without 'format: oci'");
            },
    };
    return table;
}

template <>
const Table& table_of<TrustSpec>() {
    static const Table table{
        .name = "trust",
        .description = "Which images `coracle build --verify` looks at: those that are named, by "
                       "themselves or by their organisation. Without --verify it has no effect.",
        .fields = {
            field<&TrustSpec::image>(
                {.name = "image",
                 .description = "Images: a repository, or one tag or digest of it.",
                 .example = "[redis:8]"}),
            field<&TrustSpec::org>(
                {.name = "org",
                 .description = "Organisations: the first part of a repository's name, in any "
                                "registry or (`quay.io/linuxkit`) in one.",
                 .example = "[linuxkit]"}),
        }};
    return table;
}

} // namespace coracle
