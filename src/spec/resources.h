// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace coracle {

// `resources` of an image entry, as in the OCI runtime specification ("Control groups").

/// A rule of the device cgroup.
struct DeviceRule {
    std::optional<bool> allow = {};
    std::optional<std::string> type = {};
    std::optional<int64_t> major = {};
    std::optional<int64_t> minor = {};
    std::optional<std::string> access = {};
};

struct MemoryResources {
    std::optional<int64_t> limit = {}, reservation = {}, swap = {}, kernel = {}, kernel_tcp = {};
    std::optional<int64_t> swappiness = {};
    std::optional<bool> disable_oom_killer = {};
};

struct CpuResources {
    std::optional<int64_t> shares = {}, quota = {}, period = {};
    std::optional<int64_t> realtime_runtime = {}, realtime_period = {};
    std::optional<std::string> cpus = {}, mems = {};
};

struct PidsResources {
    std::optional<int64_t> limit = {};
};

struct WeightDevice {
    std::optional<int64_t> major = {}, minor = {}, weight = {}, leaf_weight = {};
};

struct ThrottleDevice {
    std::optional<int64_t> major = {}, minor = {}, rate = {};
};

struct BlockIoResources {
    std::optional<int64_t> weight = {}, leaf_weight = {};
    std::optional<std::vector<WeightDevice>> weight_device = {};
    std::optional<std::vector<ThrottleDevice>> throttle_read_bps = {}, throttle_write_bps = {};
    std::optional<std::vector<ThrottleDevice>> throttle_read_iops = {}, throttle_write_iops = {};
};

/// `pageSize` is a text such as "2MB", as the specification has it, or a number of bytes, as
/// LinuxKit's schema has it.
struct HugepageLimit {
    std::optional<std::variant<uint32_t, std::string>> page_size = {};
    std::optional<int64_t> limit = {};
};

struct InterfacePriority {
    std::optional<std::string> name = {};
    std::optional<int64_t> priority = {};
};

struct NetworkResources {
    std::optional<int64_t> class_id = {};
    std::optional<std::vector<InterfacePriority>> priorities = {};
};

struct Resources {
    std::optional<std::vector<DeviceRule>> devices = {};
    std::optional<MemoryResources> memory = {};
    std::optional<CpuResources> cpu = {};
    std::optional<PidsResources> pids = {};
    std::optional<BlockIoResources> block_io = {};
    std::optional<std::vector<HugepageLimit>> hugepage_limits = {};
    std::optional<NetworkResources> network = {};
};

/// A range of ids inside a user namespace and where it lies outside.
struct IdMapping {
    std::optional<int64_t> container_id = {}, host_id = {}, size = {};
};

} // namespace coracle
