// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "spec/spec.h"
#include "spec/spec_codecs.h"

namespace coracle {

// The tables of all structs of spec.h and resources.h.

template <>
const Table& table_of<Spec>();
template <>
const Table& table_of<KernelSpec>();
template <>
const Table& table_of<ImageEntry>();
template <>
const Table& table_of<MountSpec>();
template <>
const Table& table_of<DeviceSpec>();
template <>
const Table& table_of<RuntimeSpec>();
template <>
const Table& table_of<InterfaceSpec>();
template <>
const Table& table_of<BindNamespaces>();
template <>
const Table& table_of<VolumeSpec>();
template <>
const Table& table_of<FileSpec>();
template <>
const Table& table_of<TrustSpec>();
template <>
const Table& table_of<Resources>();
template <>
const Table& table_of<DeviceRule>();
template <>
const Table& table_of<MemoryResources>();
template <>
const Table& table_of<CpuResources>();
template <>
const Table& table_of<PidsResources>();
template <>
const Table& table_of<BlockIoResources>();
template <>
const Table& table_of<WeightDevice>();
template <>
const Table& table_of<ThrottleDevice>();
template <>
const Table& table_of<HugepageLimit>();
template <>
const Table& table_of<NetworkResources>();
template <>
const Table& table_of<InterfacePriority>();
template <>
const Table& table_of<IdMapping>();

} // namespace coracle
