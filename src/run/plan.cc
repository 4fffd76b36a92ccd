// SPDX-License-Identifier: Apache-2.0
#include "run/plan.h"

#include <algorithm>
#include <filesystem>

#include <sys/un.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "disk/authenticode.h"
#include "io/hash.h"
#include "run/efi_variables.h"
#include "run/firmware.h"
#include "run/memory_check.h"
#include "run/metadata.h"
#include "run/program_arch.h"
#include "run/program_disk.h"

namespace coracle {

namespace {

constexpr unsigned most_cpus = 255;
constexpr uint64_t most_metadata = 64 << 20;

/// A relative path would be another file for a detached QEMU, and one that begins with '-' an
/// option.
std::string safe_path(const std::string& path) {
    return path.starts_with('/') || path.starts_with("./") ? path : "./" + path;
}

/// A detached QEMU changes to the root directory.
std::string state_path(const RunOptions& options, const std::string& stem) {
    const auto& path = options.state.empty() ? stem + "-state" : options.state;
    return options.detached ? std::filesystem::absolute(path).string() : safe_path(path);
}

void plan_medium(const RunOptions& options, Drive& drive) {
    if (!options.medium.empty())
        drive.medium = parse_medium(options.medium);
    drive.read_only = drive.read_only || drive.medium == Medium::cdrom;
}

void plan_boot(const RunOptions& options, const BootSource& source, RunPlan& plan) {
    auto& machine = plan.machine;
    switch (source.kind) {
    case BootSource::Kind::initrd:
        check_memory(machine.memory, source.image, source.cmdline);
        machine.initrd = safe_path(source.image);
        break;
    case BootSource::Kind::root:
        machine.drives.push_back({safe_path(source.image), "raw", true});
        if (!source.initrd.empty())
            machine.initrd = safe_path(source.initrd);
        break;
    case BootSource::Kind::iso:
        machine.drives.push_back({safe_path(source.image), "raw", true, Medium::cdrom});
        break;
    case BootSource::Kind::disk:
        machine.drives.push_back({safe_path(source.image), detect_disk_format(source.image)});
        break;
    case BootSource::Kind::program:
        plan.program = source.image;
        plan.program_disk = plan.state / "program.img";
        machine.drives.push_back({safe_path(plan.program_disk), "raw", true});
        break;
    }
    if (source.kernel.empty())
        return plan_medium(options, machine.drives.front());
    if (!options.medium.empty())
        throw UsageError("--medium is for an image that the machine boots from, and '{}' is a "
                         "kernel",
                         source.kernel);
    machine.kernel = safe_path(source.kernel);
    machine.cmdline = source.cmdline;
    if (source.kind == BootSource::Kind::root)
        machine.cmdline += fmt::format("{}root=/dev/vda rootfstype={} ro",
                                       machine.cmdline.empty() ? "" : " ", source.root_type);
}

/// Each certificate has a store of its own: firmware lets nobody else change the keys in it.
void plan_secure_boot(const RunOptions& options, const BootSource& source, RunPlan& plan) {
    if (!options.firmware.empty())
        throw UsageError("--secure-boot and --fw exclude each other");
    if (!source.kernel.empty())
        throw UsageError("--secure-boot is for what UEFI firmware starts, and '{}' is a kernel",
                         source.kernel)
            .hint("coracle build --format uki --secure-boot-key KEY.pem "
                  "--secure-boot-cert CERT.pem");
    plan.image = source.image;
    plan.certificate_file = options.secure_boot;
    plan.certificate = read_secure_boot_certificate(options.secure_boot);
    auto firmware = find_secure_boot_firmware(plan.machine.arch);
    plan.machine.secure_boot = true;
    plan.machine.firmware = firmware.code;
    plan.firmware_store = firmware.store;
    constexpr size_t enough = 16;
    plan.machine.firmware_store =
        plan.state /
        fmt::format("secure-boot-{}.fd", sha256_hex(plan.certificate).substr(0, enough));
}

/// Machines other than PCs have no other firmware.
void plan_firmware(const RunOptions& options, const BootSource& source, RunPlan& plan) {
    if (!options.secure_boot.empty())
        return plan_secure_boot(options, source, plan);
    bool needed =
        wants_uefi(source) || (source.kernel.empty() && plan.machine.arch != Arch::x86_64);
    if (!options.uefi && options.firmware.empty() && !needed)
        return;
    auto firmware = find_firmware(plan.machine.arch, options.firmware);
    if (firmware.as_kernel && !source.kernel.empty())
        throw UsageError("the firmware '{}' cannot start a kernel that is given beside it",
                         firmware.code);
    plan.machine.firmware = firmware.as_kernel ? safe_path(firmware.code) : firmware.code;
    plan.machine.firmware_as_kernel = firmware.as_kernel;
    // U-Boot knows no drive for CD-ROMs.
    if (firmware.as_kernel && options.medium.empty())
        plan.machine.drives.front().medium = Medium::disk;
    plan.firmware_store = firmware.store;
    if (!firmware.store.empty())
        plan.machine.firmware_store = plan.state / "firmware-variables.fd";
}

void plan_disks(const RunOptions& options, RunPlan& plan) {
    for (size_t i = 0; i < options.disks.size(); ++i) {
        auto disk = plan_disk(parse_disk(options.disks[i]), plan.state.directory, i);
        disk.drive.path = safe_path(disk.drive.path);
        if (disk.create > 0)
            plan.disks.push_back(disk);
        plan.machine.drives.push_back(disk.drive);
    }
}

void plan_metadata(const RunOptions& options, RunPlan& plan) {
    if (!options.data.empty() && !options.data_file.empty())
        throw UsageError("--data and --data-file exclude each other");
    plan.metadata =
        options.data_file.empty() ? options.data : read_file(options.data_file, most_metadata);
    if (plan.metadata.empty())
        return;
    plan.metadata_iso = plan.state / "data.iso";
    plan.machine.drives.push_back({safe_path(plan.metadata_iso), "raw", true, Medium::cdrom});
}

void plan_network(const RunOptions& options, Machine& machine) {
    machine.networking = parse_networking(options.networking);
    for (const auto& text : options.publish)
        machine.publish.push_back(parse_publish(text));
    if (!machine.publish.empty() && machine.networking.kind != Networking::Kind::user)
        throw UsageError("--publish works with --networking user only");
}

void plan_shared_directories(const RunOptions& options, RunPlan& plan) {
    for (const auto& path : options.virtiofs) {
        if (path.find(',') != std::string::npos)
            throw UsageError("--virtiofs '{}': virtiofsd cannot serve a path with a comma", path);
        if (!std::filesystem::is_directory(path))
            throw Error("--virtiofs '{}' is not a directory", path);
        auto tag = fmt::format("virtiofs{}", plan.machine.shared.size());
        plan.machine.shared.push_back(
            {std::filesystem::absolute(path), plan.state / (tag + ".sock"), tag});
    }
    if (plan.machine.shared.empty())
        return;
    for (const char* candidate : {options.virtiofsd.c_str(), "virtiofsd", "/usr/libexec/virtiofsd",
                                  "/usr/lib/qemu/virtiofsd"})
        if (auto found = *candidate != '\0' ? find_program(candidate) : std::nullopt;
            found && plan.virtiofsd.empty())
            plan.virtiofsd = *found;
    if (plan.virtiofsd.empty() || (!options.virtiofsd.empty() && !find_program(options.virtiofsd)))
        throw Error("--virtiofs takes the program virtiofsd, which is not installed")
            .hint("apt-get install qemu-system-common, or --virtiofsd PATH");
}

void plan_tpm(RunPlan& plan) {
    auto program = find_program("swtpm");
    if (!program)
        throw Error("--tpm takes the program swtpm, which is not installed")
            .hint("apt-get install swtpm");
    plan.swtpm = *program;
    plan.tpm_directory = plan.state / "tpm";
    plan.machine.tpm = plan.state / "tpm.sock";
    if (plan.state.directory.find(',') != std::string::npos)
        throw Error("--tpm: swtpm cannot keep its state in '{}', which has a comma",
                    plan.state.directory)
            .hint("--state DIRECTORY");
    if (plan.machine.tpm.size() >= sizeof(sockaddr_un::sun_path))
        throw Error("'{}' is too long for the name of a socket", plan.machine.tpm)
            .hint("--state DIRECTORY");
}

void choose_accelerator_for(const RunOptions& options, RunPlan& plan, Reporter& reporter) {
    auto choice = choose_accelerator(options.accel, plan.machine.arch, host_abilities());
    plan.machine.accelerator = choice.accelerator;
    plan.may_fall_back = choice.may_fall_back;
    if (!choice.reason.empty())
        reporter.info(fmt::format("running without KVM, which is slow: {}", choice.reason));
}

/// QEMU would say nothing, or nothing that anybody understands.
void check_arch(const BootSource& source, Arch arch) {
    if (source.kernel.empty() && source.kind != BootSource::Kind::program)
        return;
    const auto& program = source.kernel.empty() ? source.image : source.kernel;
    auto found = program_arch(program);
    if (found && *found != arch)
        throw UsageError("'{}' is for {}, not for {}", program, name_of(*found), name_of(arch))
            .hint(fmt::format("--arch {}", name_of(*found)));
}

/// Variables belong to the firmware that they were made for.
void check_firmware_store(const RunPlan& plan) {
    const auto& store = plan.machine.firmware_store;
    if (std::filesystem::file_size(store) != std::filesystem::file_size(plan.firmware_store))
        throw Error("'{}' is of another machine: its firmware is not that of {}", store,
                    name_of(plan.machine.arch))
            .hint("--arch as in the run before, or another --state DIRECTORY");
}

void write_firmware_store(const RunPlan& plan) {
    std::string flash = read_file(plan.firmware_store);
    if (!plan.certificate.empty())
        within([&] { return fmt::format("while adding keys to '{}'", plan.firmware_store); },
               [&] {
                   flash =
                       with_variables(std::move(flash), secure_boot_variables(plan.certificate));
               });
    write_file(plan.machine.firmware_store, flash);
}

} // namespace

RunPlan plan_run(const RunOptions& options, Reporter& reporter) {
    if (options.cpus < 1 || options.cpus > most_cpus)
        throw UsageError("--cpus {} is not between 1 and {}", options.cpus, most_cpus);
    if (options.detached && options.gui)
        throw UsageError("--detached and --gui exclude each other");
    RunPlan plan;
    auto& machine = plan.machine;
    machine.cpus = options.cpus;
    machine.memory = parse_size(options.memory, "--mem");
    machine.arch = options.arch.empty() ? host_arch() : parse_arch(options.arch);
    plan_network(options, machine);
    auto source = find_boot_source(options);
    plan.state = read_state(state_path(options, source.stem));
    machine.uuid = plan.state.uuid;
    machine.mac = plan.state.mac;
    plan_boot(options, source, plan);
    plan_firmware(options, source, plan);
    check_arch(source, machine.arch);
    plan_disks(options, plan);
    plan_metadata(options, plan);
    plan_shared_directories(options, plan);
    if (options.tpm)
        plan_tpm(plan);
    machine.devices = options.devices;
    machine.usb = options.usb;
    machine.gui = options.gui;
    machine.detached = options.detached;
    machine.pid_file = plan.state / "qemu.pid";
    // The address of a socket has room for no more; without it, all but watching KVM works.
    if (auto monitor = plan.state / "qmp.sock"; monitor.size() < sizeof(sockaddr_un::sun_path))
        machine.monitor = monitor;
    if (options.detached)
        machine.console = plan.state / "console.log";
    choose_accelerator_for(options, plan, reporter);
    if (!options.dry_run && !find_program(qemu_program(machine.arch)))
        throw Error("{} is not installed", qemu_program(machine.arch))
            .hint("apt-get install " + qemu_package(machine.arch));
    return plan;
}

void prepare(const RunPlan& plan) {
    keep_state(plan.state);
    const auto& store = plan.machine.firmware_store;
    if (!store.empty() && exists(store))
        check_firmware_store(plan);
    else if (!store.empty())
        write_firmware_store(plan);
    if (!plan.tpm_directory.empty())
        make_directories(plan.tpm_directory);
    std::ranges::for_each(plan.disks, create_disk);
    if (!plan.program.empty())
        write_program_disk(plan.program, plan.machine.arch, plan.program_disk);
    if (!plan.metadata.empty())
        write_metadata_iso(plan.metadata_iso, plan.metadata);
}

} // namespace coracle
