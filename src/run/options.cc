// SPDX-License-Identifier: Apache-2.0
#include "run/options.h"

#include <algorithm>
#include <array>

#include <sys/utsname.h>

#include "base/error.h"
#include "base/text.h"

namespace coracle {

namespace {

uint16_t parse_port(std::string_view text, std::string_view whole) {
    auto port = parse_number(text);
    if (!port || *port == 0 || *port > 65535)
        throw UsageError("--publish '{}': '{}' is not a port", whole, text);
    return static_cast<uint16_t>(*port);
}

} // namespace

Arch parse_arch(std::string_view name) {
    if (name == "x86_64" || name == "amd64")
        return Arch::x86_64;
    if (name == "aarch64" || name == "arm64")
        return Arch::aarch64;
    if (name == "riscv64")
        return Arch::riscv64;
    throw UsageError("--arch '{}' is not known", name).hint("x86_64, aarch64 or riscv64");
}

Medium parse_medium(std::string_view text) {
    if (text == "disk")
        return Medium::disk;
    if (text == "cdrom")
        return Medium::cdrom;
    if (text == "usb")
        return Medium::usb;
    throw UsageError("--medium '{}' is not known", text).hint("disk, cdrom or usb");
}

std::string_view name_of(Arch arch) {
    switch (arch) {
    case Arch::x86_64: return "x86_64";
    case Arch::aarch64: return "aarch64";
    case Arch::riscv64: break;
    }
    return "riscv64";
}

Arch host_arch() {
    utsname name{};
    ::uname(&name);
    return parse_arch(name.machine);
}

uint64_t parse_size(std::string_view text, std::string_view what) {
    constexpr std::string_view suffixes = "KMGT";
    auto digits = text.substr(0, text.find_first_not_of("0123456789"));
    auto suffix = text.substr(digits.size());
    auto number = parse_number(digits);
    unsigned shift = 20;
    bool understood = number.has_value();
    if (!suffix.empty()) {
        auto rest = suffix.substr(1);
        auto at = suffixes.find(static_cast<char>(suffix[0] & ~0x20));
        understood = understood && at != std::string_view::npos &&
                     (rest.empty() || rest == "B" || rest == "b" || rest == "iB");
        shift = 10 * (static_cast<unsigned>(at) + 1);
    }
    if (!understood || *number == 0 || *number > (uint64_t{1} << 60) >> shift)
        throw UsageError("{} '{}' is not a size", what, text).hint("a number of MiB, 512M or 2G");
    return *number << shift;
}

DiskOption parse_disk(std::string_view text) {
    DiskOption disk;
    for (const auto& part : split(text, ',')) {
        std::string_view item = part;
        auto equals = item.find('=');
        auto key = equals == std::string_view::npos ? "file" : item.substr(0, equals);
        auto value = equals == std::string_view::npos ? item : item.substr(equals + 1);
        if (key == "file" && disk.path.empty())
            disk.path = value;
        else if (key == "size")
            disk.size = parse_size(value, "--disk: size");
        else if (key == "format")
            disk.format = value;
        else
            throw UsageError("--disk '{}': '{}' is not understood", text, part)
                .hint("[file=]PATH[,size=1G][,format=qcow2|raw]");
    }
    constexpr std::array<std::string_view, 6> formats = {"raw", "qcow2", "vmdk",
                                                         "vpc", "vhdx",  "vdi"};
    if (!disk.format.empty() && std::ranges::find(formats, disk.format) == formats.end())
        throw UsageError("--disk '{}': format '{}' is not known", text, disk.format)
            .hint("raw, qcow2, vmdk, vpc, vhdx or vdi");
    if (disk.path.empty() && !disk.size)
        throw UsageError("--disk '{}' has neither a path nor a size", text);
    return disk;
}

Publish parse_publish(std::string_view text) {
    Publish publish{};
    std::string_view ports = text;
    if (auto slash = ports.find('/'); slash != std::string_view::npos) {
        auto protocol = ports.substr(slash + 1);
        if (protocol != "tcp" && protocol != "udp")
            throw UsageError("--publish '{}': '{}' is neither tcp nor udp", text, protocol);
        publish.udp = protocol == "udp";
        ports = ports.substr(0, slash);
    }
    auto guest = ports.rfind(':');
    if (guest == std::string_view::npos)
        throw UsageError("--publish '{}' names no port of the guest", text)
            .hint("--publish HOST:GUEST[/udp]");
    publish.guest = parse_port(ports.substr(guest + 1), text);
    ports = ports.substr(0, guest);
    if (auto host = ports.rfind(':'); host != std::string_view::npos) {
        publish.address = ports.substr(0, host);
        ports = ports.substr(host + 1);
        if (publish.address.find_first_not_of("0123456789.") != std::string::npos)
            throw UsageError("--publish '{}': '{}' is not an IPv4 address", text, publish.address);
    }
    publish.host = parse_port(ports, text);
    return publish;
}

Networking parse_networking(std::string_view text) {
    using Kind = Networking::Kind;
    auto comma = text.find(',');
    auto kind = text.substr(0, comma);
    auto interface = comma == std::string_view::npos ? "" : text.substr(comma + 1);
    bool wants_interface = kind == "bridge" || kind == "tap";
    if (kind != "user" && kind != "none" && kind != "default" && !wants_interface)
        throw UsageError("--networking '{}' is not known", text)
            .hint("user, bridge,BRIDGE, tap,INTERFACE or none");
    bool named = !interface.empty() && interface.find(',') == std::string_view::npos;
    if (wants_interface && !named)
        throw UsageError("--networking '{}' names no interface", text);
    if (!wants_interface && !interface.empty())
        throw UsageError("--networking '{}' takes no interface", text);
    Kind which = kind == "bridge" ? Kind::bridge
                 : kind == "tap"  ? Kind::tap
                 : kind == "none" ? Kind::none
                                  : Kind::user;
    return {which, std::string(interface)};
}

} // namespace coracle
