// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "spec/rules.h"
#include "spec/tables.h"

namespace coracle {

namespace {

void check_file(Decoder& decoder, const void* object) {
    const auto& file = *static_cast<const FileSpec*>(object);
    bool source = file.source && !file.source->empty();
    bool metadata = file.metadata && !file.metadata->empty();
    bool symlink = file.symlink && !file.symlink->empty();
    bool other = file.contents || file.is_directory() || symlink;
    std::string first = file.is_directory() ? "a directory" : symlink ? "a symlink" : "contents";
    if (file.is_directory() && file.contents)
        decoder.error(file.at, "a directory has no 'contents'");
    if (other && source)
        decoder.error(file.at, fmt::format("both {} and 'source' are given", first));
    if (other && metadata)
        decoder.error(file.at, fmt::format("both {} and 'metadata' are given", first));
    if (source && metadata)
        decoder.error(file.at, "both 'source' and 'metadata' are given");
    if (!other && !source && !metadata)
        decoder.error(file.at, "nothing says what the file holds",
                      "give it contents, source, metadata, symlink, or directory: true");
    if (symlink && file.contents)
        decoder.warning(file.at, "'contents' has no effect on a symlink");
    if (symlink && file.is_directory())
        decoder.warning(file.at, "'symlink' has no effect on a directory");
}

} // namespace

uint32_t FileSpec::mode_bits() const {
    if (mode && !mode->empty())
        if (auto bits = parse_mode(*mode))
            return *bits;
    return is_directory() ? 0700 : 0600;
}

template <>
const Table& table_of<FileSpec>() {
    static const Table table{
        .name = "file entry",
        .description = "A file, directory or symlink in the root file system. Missing leading "
                       "directories are made with its mode, plus execute for those who may do "
                       "anything with it, and its owner.",
        .fields =
            {
                field<&FileSpec::path>({.name = "path",
                                        .description = "Where it goes.",
                                        .example = "etc/motd",
                                        .rule = &rule::file_path,
                                        .required = true}),
                field<&FileSpec::directory>({.name = "directory",
                                             .description = "Makes a directory.",
                                             .default_value = "false",
                                             .example = "true"}),
                field<&FileSpec::symlink>({.name = "symlink",
                                           .description = "Makes a symlink to this.",
                                           .example = "/run/motd"}),
                field<&FileSpec::contents>({.name = "contents",
                                            .description = "What the file holds.",
                                            .example = "hello"}),
                field<&FileSpec::source>({.name = "source",
                                          .description = "A file of the builder's machine to copy; "
                                                         "`~/` is the builder's home.",
                                          .example = "./motd"}),
                field<&FileSpec::metadata>({.name = "metadata",
                                            .description = "The file holds this configuration, "
                                                           "merged, as YAML or JSON.",
                                            .example = "yaml",
                                            .rule = &rule::metadata}),
                field<&FileSpec::optional>({.name = "optional",
                                            .description = "Leaves the file out when its source "
                                                           "is missing, instead of failing.",
                                            .default_value = "false",
                                            .example = "true"}),
                field<&FileSpec::mode>({.name = "mode",
                                        .description = "The permissions in octal, in quotes.",
                                        .default_value = "\"0600\", of a directory \"0700\"",
                                        .example = "\"0644\"",
                                        .rule = &rule::octal_mode}),
                field<&FileSpec::uid>({.name = "uid",
                                       .description = "The owner: a number, or the name of a "
                                                      "container.",
                                       .default_value = "0",
                                       .example = "1000"}),
                field<&FileSpec::gid>({.name = "gid",
                                       .description = "The group: a number, or the name of a "
                                                      "container.",
                                       .default_value = "0",
                                       .example = "redis"}),
            },
        .locate = [](void* file, const Location& at) { static_cast<FileSpec*>(file)->at = at; },
        .check = check_file,
    };
    return table;
}

} // namespace coracle
