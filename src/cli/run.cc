// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "build/fetch_system.h"
#include "cli/command.h"
#include "cli/registry.h"
#include "run/boot_source.h"
#include "run/qemu.h"

namespace coracle {

namespace {

struct RunCommand {
    RunOptions options;
    std::vector<std::string> words;
    std::string verify;
    RegistryArguments registry;
};

/// Other backends LinuxKit has, so that the answer is clear.
constexpr std::array<std::string_view, 13> other_backends = {
    "aws",    "azure",    "equinixmetal", "gcp",     "hyperkit", "hyperv",        "openstack",
    "packet", "scaleway", "vbox",         "vcenter", "vmware",   "virtualization"};

/// The words are [BACKEND] PREFIX.
void take_words(RunCommand& command) {
    auto& words = command.words;
    if (words.size() == 2 && std::ranges::find(other_backends, words[0]) != other_backends.end())
        throw UsageError("the backend '{}' is not supported", words[0])
            .hint("run qemu " + words[1]);
    if (words.size() > 2 || (words.size() == 2 && words[0] != "qemu"))
        throw UsageError("run takes one PREFIX, here are '{}'", join(words, "' and '"));
    command.options.prefix = words.back();
}

/// The name of a system in a registry or in the cache; nullopt when PREFIX can only be meant as
/// that of files.
std::optional<Reference> reference_of(const std::string& prefix, const Globals& globals) {
    try {
        Reference reference = Reference::parse(prefix);
        if (reference.tag() || reference.digest() ||
            prefix.starts_with(reference.registry() + "/") ||
            (exists(globals.cache + "/index.json") &&
             find_artifact(Store(globals.cache, false), reference)))
            return reference;
    } catch (const Error&) {
        // the name of a file, but of none that exists
    }
    return std::nullopt;
}

/// Where there are no files of that name, brings the system that a registry or the cache has.
void bring_system(RunCommand& command, Globals& globals) {
    RunOptions& options = command.options;
    std::optional<Reference> reference;
    try {
        find_boot_source(options);
    } catch (const UsageError&) {
        throw;
    } catch (const Error&) {
        reference = reference_of(options.prefix, globals);
        if (!reference)
            throw;
    }
    if (!reference) {
        if (!command.verify.empty())
            throw UsageError("--verify is for a system from a registry, and '{}' is in a file",
                             options.prefix);
        return;
    }
    Store store(globals.cache);
    auto session = store.session();
    Artifact system = fetch_system(store, *reference,
                                   {.registry = registry_options(globals, command.registry),
                                    .verify = command.verify,
                                    .prefer_cache = true},
                                   globals.reporter());
    options.prefix = unpack_system(store, system);
    if (options.state.empty())
        options.state = options.prefix.substr(options.prefix.rfind('/') + 1) + "-state";
}

void add_machine_options(CLI::App& command, RunOptions& options) {
    constexpr const char* group = "Machine";
    command.add_option("--cpus", options.cpus, "number of processors")
        ->capture_default_str()
        ->group(group);
    command.add_option("--mem", options.memory, "memory in MiB, or as in 2G")
        ->type_name("SIZE")
        ->capture_default_str()
        ->group(group);
    add_list(
        command, "--disk", options.disks,
        "[file=]PATH[,size=1G][,format=qcow2]: a disk, created when it has a size (repeatable)")
        ->type_name("DISK")
        ->group(group);
    command
        .add_option("--arch", options.arch, "x86_64, aarch64 or riscv64; default: this machine's")
        ->type_name("ARCH")
        ->group(group);
    command
        .add_option("--accel", options.accel,
                    "kvm, tcg, or kvm:tcg (default): the first that works")
        ->type_name("ACCEL")
        ->group(group);
    command.add_option("--data", options.data, "metadata for the guest, as a CD-ROM")
        ->type_name("TEXT")
        ->group(group);
    command.add_option("--data-file", options.data_file, "a file with metadata for the guest")
        ->type_name("FILE")
        ->group(group);
    command.add_flag("--gui", options.gui, "open a window with its screen")->group(group);
    command.add_flag("--tpm", options.tpm, "add a TPM 2.0; what it stores is kept")->group(group);
    command.add_flag("--usb", options.usb, "add a USB controller")->group(group);
    add_list(command, "--device", options.devices,
             "a device as QEMU's -device takes it (repeatable)")
        ->type_name("DEVICE")
        ->group(group);
    add_list(command, "--virtiofs", options.virtiofs,
             "share a directory, with the tag virtiofs0 ... "
             "(repeatable)")
        ->type_name("DIR")
        ->group(group);
    command.add_option("--virtiofsd", options.virtiofsd, "the daemon for --virtiofs")
        ->type_name("PATH")
        ->group(group);
}

void add_boot_options(CLI::App& command, RunOptions& options) {
    constexpr const char* group = "Boot";
    command.add_flag("--kernel", options.kernel, "PREFIX is a kernel and an initrd")->group(group);
    command.add_flag("--squashfs", options.squashfs, "PREFIX is a kernel and a squashfs")
        ->group(group);
    command.add_flag("--iso", options.iso, "PREFIX is the path of an ISO")->group(group);
    command.add_flag("--uefi", options.uefi, "boot with UEFI firmware")->group(group);
    command.add_option("--fw", options.firmware, "boot with this UEFI firmware")
        ->type_name("FILE")
        ->group(group);
    command
        .add_option("--medium", options.medium,
                    "what the image is to the machine: disk, cdrom or usb (a stick); default: an "
                    "ISO is a CD-ROM, all else a disk")
        ->type_name("KIND")
        ->group(group);
    command
        .add_option("--secure-boot", options.secure_boot,
                    "boot with UEFI firmware that starts only what this certificate's key signed")
        ->type_name("CERT.pem")
        ->group(group);
}

void add_network_options(CLI::App& command, RunOptions& options) {
    constexpr const char* group = "Network";
    command
        .add_option("--networking", options.networking,
                    "user, bridge,BRIDGE, tap,INTERFACE or none")
        ->type_name("KIND")
        ->capture_default_str()
        ->group(group);
    add_list(command, "--publish", options.publish,
             "[ADDRESS:]HOST:GUEST[/udp]: forward a port of this machine (repeatable)")
        ->type_name("PORTS")
        ->group(group);
}

} // namespace

void add_run(CLI::App& app, Globals& globals) {
    auto& run = globals.keep<RunCommand>();
    auto& command = add_command(
        app, "run", "boot what was built in a virtual machine, its console on this terminal",
        "  coracle run redis-os                          # redis-os-kernel, redis-os-initrd.img\n"
        "  coracle run --publish 6379:6379 --mem 512 redis-os\n"
        "  coracle run --disk data.qcow2,size=4G --cpus 2 redis-os\n"
        "  coracle run --uefi redis-os-efi.img\n"
        "  coracle run --secure-boot cert.pem --tpm redis-os-efi.img\n"
        "  coracle run registry.example/me/redis-os:1    # see pull-output\n"
        "  coracle run --dry-run redis-os                # print the QEMU command\n");
    command
        .add_option("PREFIX", run.words,
                    "[qemu] and what `build` made: a prefix, an image's path, or a reference")
        ->required()
        ->type_name("");
    add_machine_options(command, run.options);
    add_boot_options(command, run.options);
    add_network_options(command, run.options);
    command
        .add_option("--state", run.options.state,
                    "directory of the machine's state; default: "
                    "PREFIX-state")
        ->type_name("DIR");
    add_verify_option(command, run.verify);
    add_registry_options(command, run.registry);
    command.add_flag("--detached", run.options.detached, "return as soon as the machine runs");
    command.add_flag("--dry-run", run.options.dry_run,
                     "print the command of QEMU, and those of daemons it needs; start nothing");
    command.callback([&] {
        take_words(run);
        bring_system(run, globals);
        run_qemu(run.options, globals.reporter());
    });
}

} // namespace coracle
