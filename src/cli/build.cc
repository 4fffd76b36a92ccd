// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "archive/tar_reader.h"
#include "base/error.h"
#include "base/text.h"
#include "build/build.h"
#include "build/summary.h"
#include "cli/cache.h"
#include "cli/command.h"
#include "cli/registry.h"
#include "format/format.h"
#include "format/verity_root.h"
#include "io/file_io.h"
#include "run/options.h"
#include "spec/write.h"
#include "store/store.h"

namespace coracle {

namespace {

struct BuildCommand {
    BuildOptions options;
    std::vector<std::string> formats;
    std::vector<std::string> limits;
    std::string architecture;
    std::string compression;
    std::string size;
    std::string var_size;
    std::string input_tar;
    std::string output_kind;
    bool no_sbom = false;
    bool no_label_privileges = false;
    bool dry_run = false;
    bool docker = false;
    RegistryArguments registry;
    std::string sbom_format = "spdx";
};

InitrdCompression parse_compression(const std::string& text) {
    auto parts = split(text, ':');
    auto compression = compression_named(parts[0]);
    auto level = parts.size() == 2 ? parse_number(parts[1]) : std::optional<uint64_t>(0);
    if (!compression || parts.size() > 2 || !level || *level > 22)
        throw UsageError("'{}' is no compression", text)
            .hint("gzip, zstd, xz or none, with a level if you like: zstd:19");
    return {*compression, static_cast<int>(*level)};
}

/// A former output is not needed, since what has not changed is kept in the cache; but who names a
/// file that is none should hear of it.
void check_input_tar(const std::string& path, Reporter& reporter) {
    within([&] { return "while looking at --input-tar"; },
           [&] {
               FileSource file(path);
               TarReader(file).next();
           });
    reporter.info("--input-tar is not needed: what has not changed is kept in the cache");
}

/// What would be asked for in vain: who takes a system for signed, or its /var for kept, is told.
void check_formats_for(const DiskSettings& disk, const BuildOptions& options) {
    bool verity = false, program = options.platform.architecture != "amd64"; // UEFI for all disks
    for (const auto& name : options.formats) {
        auto format = format_named(name).name;
        verity = verity || format.find("verity") != format.npos;
        program = program || verity || format == "uki" || format.find("efi") != format.npos;
    }
    if (!verity && (disk.two_slots || disk.var_size > 0))
        throw UsageError("{} is for disks with a verified root",
                         disk.two_slots ? "--ab" : "--var-size")
            .hint("--format raw-efi-verity");
    if (!program && !disk.secure_boot_key.empty())
        throw UsageError(
            "--secure-boot-key signs EFI programs, and no format of this build has one")
            .hint("--format raw-efi");
}

void set_disk(BuildCommand& command) {
    DiskSettings& disk = command.options.disk;
    if (!command.size.empty())
        disk.size = parse_size(command.size, "--size");
    if (!command.var_size.empty())
        disk.var_size = parse_size(command.var_size, "--var-size");
    if (disk.var_grows && command.var_size.empty())
        throw UsageError("--var-grow needs a size to begin with").hint("--var-size 1G");
    if (!disk.version.empty()) {
        if (!disk.two_slots)
            throw UsageError("--image-version is for systems with --ab");
        check_version(disk.version);
    }
    if (disk.secure_boot_key.empty() != disk.secure_boot_certificate.empty())
        throw UsageError("--secure-boot-key and --secure-boot-cert go together");
    check_formats_for(disk, command.options);
}

void run_build(BuildCommand& command, Globals& globals) {
    BuildOptions& options = command.options;
    if (command.docker)
        throw Error("--docker is not supported: images are read from the cache")
            .hint("docker save IMAGE | coracle cache import -");
    for (const auto& list : command.formats)
        for (auto& name : split(list, ','))
            options.formats.push_back(std::move(name));
    options.platform = command.architecture.empty()
                           ? Platform::host()
                           : Platform::parse("linux/" + command.architecture);
    if (!command.compression.empty())
        options.initrd = parse_compression(command.compression);
    set_disk(command);
    options.registry = registry_options(globals, command.registry);
    options.sbom = !command.no_sbom;
    if (command.no_sbom && !options.sbom_file.empty())
        throw UsageError("--sbom-file and --no-sbom contradict each other");
    for (const auto& limit : command.limits)
        set_limit(options.limits, limit);
    options.label_privileges = !command.no_label_privileges;
    if (command.output_kind == "json" && options.output == "-")
        throw UsageError("standard output cannot take both the tar and --output json");
    if (command.sbom_format == "cyclonedx")
        options.sbom_format = SbomFormat::cyclonedx;
    options.cache = globals.cache.empty() ? default_store_directory() : globals.cache;
    options.reporter = &globals.reporter();
    if (command.dry_run) {
        fmt::print("{}", to_yaml(read_build_spec(options)));
        return;
    }
    if (!command.input_tar.empty())
        check_input_tar(command.input_tar, globals.reporter());
    BuildResult result = build(options);
    globals.reporter().info(summary_of(result));
    if (command.output_kind == "json")
        fmt::print("{}\n", summary_json(result).dump(2, ' ', false,
                                                     nlohmann::json::error_handler_t::replace));
}

} // namespace

void add_build(CLI::App& app, Globals& globals) {
    auto& kept = globals.keep<BuildCommand>();
    auto& command = add_command(app, "build", "build a bootable system from YAML files",
                                "  coracle build redis-os.yml\n"
                                "  coracle build --format tar -o - redis-os.yml | tar tv\n"
                                "  coracle build --name web --dir out base.yml web.yml\n"
                                "  coracle build --verify cosign.pub --lock redis-os.lock "
                                "redis-os.yml\n"
                                "  coracle build --remote-cache registry.example/team/segments "
                                "redis-os.yml\n");
    command.add_option("FILES", kept.options.files, "YAML files, URLs, or - for standard input")
        ->required();
    std::string names;
    for (const auto& format : formats())
        names += fmt::format("{}{}", names.empty() ? "" : ", ", format.name);
    add_list(command, "-f,--format", kept.formats,
             "output format, repeatable or with commas between: " + names);
    command.add_option("--name", kept.options.name, "name of the outputs");
    command.add_option("--dir", kept.options.directory, "directory for the outputs");
    command.add_option("-o", kept.options.output, "file for a tar, - for standard output");
    command.add_option("--arch", kept.architecture, "architecture to build for");
    command.add_option("--compression", kept.compression,
                       "of the initrd: gzip, zstd, xz or none, with a level: zstd:19");
    command.add_option(
        "--size", kept.size,
        "size of a disk image in MiB, or as in 2G; it grows where the content needs more");
    command.add_option("--secure-boot-key", kept.options.disk.secure_boot_key,
                       "PEM file of the key that signs EFI programs");
    command.add_option("--secure-boot-cert", kept.options.disk.secure_boot_certificate,
                       "PEM file of its certificate");
    command.add_option("--rpi-firmware", kept.options.disk.rpi_firmware,
                       "directory of the Raspberry Pi's firmware, for the format rpi3");
    command.add_flag("--ab", kept.options.disk.two_slots,
                     "verity formats: two slots for updates, with boot counting");
    command.add_option("--image-version", kept.options.disk.version,
                       "with --ab: what tells the newer system, 1.10 after 1.9; default 1");
    command.add_option("--var-size", kept.var_size,
                       "verity formats: size of a persistent /var, as --size");
    command.add_flag("--var-grow", kept.options.disk.var_grows,
                     "extend /var at boot to the end of the disk");
    command.add_option("--input-tar", kept.input_tar, "a former output; not needed, see cache");
    command.add_flag("--pull", kept.options.always_pull, "pull images even if the cache has them");
    command.add_flag("--docker", kept.docker, "look for images in a Docker daemon first");
    command.add_flag("--decompress-kernel", kept.options.decompress_kernel, "unpack the kernel");
    command.add_flag("--no-sbom", kept.no_sbom, "no bill of materials in the output");
    command.add_option("--sbom-output", kept.options.sbom_name, "name of the bill of materials");
    command
        .add_option("--sbom-file", kept.options.sbom_file,
                    "also write the bill of materials to this file")
        ->type_name("FILE");
    command.add_option("--sbom-format", kept.sbom_format, "spdx or cyclonedx")
        ->check(CLI::IsMember({"spdx", "cyclonedx"}));
    command.add_flag("--sbom-current-time", kept.options.sbom_current_time,
                     "date the bill of materials now (not reproducible)");
    command.add_flag("--strict-linuxkit", kept.options.strict_linuxkit,
                     "refuse what LinuxKit does not know");
    command.add_flag("--allow-host-files", kept.options.allow_host_files,
                     "let a YAML from a URL name files of this machine");
    add_registry_options(command, kept.registry);
    command.add_flag("--no-label-privileges", kept.no_label_privileges,
                     "refuse images whose labels grant capabilities, binds or devices");
    add_verify_option(command, kept.options.verify);
    command
        .add_option("--lock", kept.options.lock,
                    "follow this lock file; write it where there is none")
        ->type_name("FILE");
    command
        .add_option("--remote-cache", kept.options.remote_cache,
                    "share what components become with other machines, in this repository; who may "
                    "push there can change what is built")
        ->envname("CORACLE_REMOTE_CACHE")
        ->type_name("REGISTRY/REPOSITORY");
    command
        .add_flag("--remote-cache-read-only", kept.options.remote_cache_read_only,
                  "take from the remote cache, give nothing")
        ->envname("CORACLE_REMOTE_CACHE_READ_ONLY");
    add_output_option(command, kept.output_kind);
    add_list(command, "--limit", kept.limits,
             "NAME=VALUE, raises or lowers what hostile input is refused by: " + limits_in_words());
    command.add_flag("--dry-run", kept.dry_run, "print the merged YAML and stop");
    command.callback([&] { run_build(kept, globals); });
}

} // namespace coracle
