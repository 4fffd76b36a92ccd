// SPDX-License-Identifier: Apache-2.0
#include "spec/rules.h"
#include "spec/tables.h"

namespace coracle {

namespace {

// A key whose name, in `resources`, says nearly all.
Key key(std::string_view name, std::string_view description, std::string_view example) {
    return {.name = name, .description = description, .example = example};
}

} // namespace

template <>
const Table& table_of<Resources>() {
    static const Table table{
        .name = "resources",
        .description = "Limits, as in the OCI runtime specification (\"Control groups\").",
        .fields = {
            field<&Resources::devices>(key("devices", "Rules of the device cgroup.",
                                           "[{allow: true, type: c, access: rwm}]")),
            field<&Resources::memory>(key("memory", "Memory.", "{limit: 67108864}")),
            field<&Resources::cpu>(key("cpu", "Processors.", "{shares: 512}")),
            field<&Resources::pids>(key("pids", "Processes.", "{limit: 100}")),
            field<&Resources::block_io>(key("blockio", "Block devices.", "{weight: 500}")),
            field<&Resources::hugepage_limits>(
                key("hugepageLimits", "Huge pages.", "[{pageSize: 2MB, limit: 0}]")),
            field<&Resources::network>(key("network", "Network classes.", "{classID: 1048577}")),
        }};
    return table;
}

template <>
const Table& table_of<DeviceRule>() {
    static const Table table{
        .name = "device rule",
        .description = "A rule of the device cgroup; a missing number stands for every number.",
        .fields = {
            field<&DeviceRule::allow>({.name = "allow",
                                       .description = "Allows, or denies.",
                                       .default_value = "false",
                                       .example = "true"}),
            field<&DeviceRule::type>({.name = "type",
                                      .description = "`a`, `b` or `c`.",
                                      .default_value = "a",
                                      .example = "c",
                                      .rule = &rule::rule_type}),
            field<&DeviceRule::major>(key("major", "Major number.", "1")),
            field<&DeviceRule::minor>(key("minor", "Minor number.", "3")),
            field<&DeviceRule::access>({.name = "access",
                                        .description = "Read, write, mknod.",
                                        .example = "rwm",
                                        .rule = &rule::device_access}),
        }};
    return table;
}

template <>
const Table& table_of<MemoryResources>() {
    static const Table table{
        .name = "memory",
        .description = "Bytes; -1 is unlimited.",
        .fields = {
            field<&MemoryResources::limit>(key("limit", "Memory.", "67108864")),
            field<&MemoryResources::reservation>(key("reservation", "Soft limit.", "33554432")),
            field<&MemoryResources::swap>(key("swap", "Memory and swap together.", "67108864")),
            field<&MemoryResources::kernel>(key("kernel", "Kernel memory.", "-1")),
            field<&MemoryResources::kernel_tcp>(key("kernelTCP", "TCP buffers.", "-1")),
            field<&MemoryResources::swappiness>(key("swappiness", "From 0 to 100.", "0")),
            field<&MemoryResources::disable_oom_killer>(
                key("disableOOMKiller", "Processes wait for memory instead of dying.", "true")),
        }};
    return table;
}

template <>
const Table& table_of<CpuResources>() {
    static const Table table{
        .name = "cpu",
        .description = "Share of the processors.",
        .fields = {
            field<&CpuResources::shares>(key("shares", "Relative weight.", "512")),
            field<&CpuResources::quota>(key("quota", "Microseconds in each period.", "50000")),
            field<&CpuResources::period>(key("period", "Microseconds.", "100000")),
            field<&CpuResources::realtime_runtime>(
                key("realtimeRuntime", "Microseconds of realtime in each period.", "95000")),
            field<&CpuResources::realtime_period>(
                key("realtimePeriod", "Microseconds.", "1000000")),
            field<&CpuResources::cpus>(key("cpus", "Processors it may use.", "0-3,7")),
            field<&CpuResources::mems>(key("mems", "Memory nodes it may use.", "0-1")),
        }};
    return table;
}

template <>
const Table& table_of<PidsResources>() {
    static const Table table{
        .name = "pids",
        .description = "Number of processes.",
        .fields = {field<&PidsResources::limit>(key("limit", "Processes and threads.", "100"))}};
    return table;
}

template <>
const Table& table_of<BlockIoResources>() {
    constexpr std::string_view rates = "[{major: 8, minor: 0, rate: 1048576}]";
    static const Table table{
        .name = "blockio",
        .description = "Share of the block devices.",
        .fields = {
            field<&BlockIoResources::weight>(key("weight", "From 10 to 1000.", "500")),
            field<&BlockIoResources::leaf_weight>(key("leafWeight", "From 10 to 1000.", "500")),
            field<&BlockIoResources::weight_device>(
                key("weightDevice", "Weights for devices.", "[{major: 8, minor: 0, weight: 500}]")),
            field<&BlockIoResources::throttle_read_bps>(
                key("throttleReadBpsDevice", "Bytes read per second.", rates)),
            field<&BlockIoResources::throttle_write_bps>(
                key("throttleWriteBpsDevice", "Bytes written per second.", rates)),
            field<&BlockIoResources::throttle_read_iops>(
                key("throttleReadIOPSDevice", "Reads per second.", rates)),
            field<&BlockIoResources::throttle_write_iops>(
                key("throttleWriteIOPSDevice", "Writes per second.", rates)),
        }};
    return table;
}

template <>
const Table& table_of<WeightDevice>() {
    static const Table table{
        .name = "weight of a device",
        .description = "Weight for one block device.",
        .fields = {
            field<&WeightDevice::major>(key("major", "Major number.", "8")),
            field<&WeightDevice::minor>(key("minor", "Minor number.", "0")),
            field<&WeightDevice::weight>(key("weight", "From 10 to 1000.", "500")),
            field<&WeightDevice::leaf_weight>(key("leafWeight", "From 10 to 1000.", "500")),
        }};
    return table;
}

template <>
const Table& table_of<ThrottleDevice>() {
    static const Table table{
        .name = "rate of a device",
        .description = "Rate for one block device.",
        .fields = {
            field<&ThrottleDevice::major>(key("major", "Major number.", "8")),
            field<&ThrottleDevice::minor>(key("minor", "Minor number.", "0")),
            field<&ThrottleDevice::rate>(key("rate", "Per second.", "1048576")),
        }};
    return table;
}

template <>
const Table& table_of<HugepageLimit>() {
    static const Table table{
        .name = "limit of huge pages",
        .description = "Limit for one size of huge pages.",
        .fields = {
            field<&HugepageLimit::page_size>(
                key("pageSize", "The size, as in 64KB, 2MB, 1GB, or in bytes.", "2MB")),
            field<&HugepageLimit::limit>(key("limit", "Bytes.", "0")),
        }};
    return table;
}

template <>
const Table& table_of<NetworkResources>() {
    static const Table table{
        .name = "network",
        .description = "Classes of network traffic.",
        .fields = {
            field<&NetworkResources::class_id>(
                key("classID", "The class of the container's packets.", "1048577")),
            field<&NetworkResources::priorities>(
                key("priorities", "Priorities on interfaces.", "[{name: eth0, priority: 5}]")),
        }};
    return table;
}

template <>
const Table& table_of<InterfacePriority>() {
    static const Table table{
        .name = "priority on an interface",
        .description = "Priority of the container's packets on one interface.",
        .fields = {
            field<&InterfacePriority::name>(key("name", "The interface.", "eth0")),
            field<&InterfacePriority::priority>(key("priority", "The priority.", "5")),
        }};
    return table;
}

} // namespace coracle
