// SPDX-License-Identifier: Apache-2.0
#include "run/efi_variables.h"

#include <algorithm>
#include <cstring>
#include <ctime>

#include "base/error.h"
#include "base/on_disk.h"
#include "disk/bytes_of.h"

namespace coracle {

namespace {

using GuidBytes = std::array<unsigned char, 16>;

struct VolumeHeader { // EFI_FIRMWARE_VOLUME_HEADER with one run of blocks
    char zero[16] = {};
    GuidBytes file_system{};
    Le<uint64_t> size;
    char signature[4] = {'_', 'F', 'V', 'H'};
    Le<uint32_t> attributes;
    Le<uint16_t> header_size;
    Le<uint16_t> checksum;
    Le<uint16_t> extended_header;
    unsigned char reserved = 0;
    unsigned char revision = 2;
    Le<uint32_t> blocks;
    Le<uint32_t> block_size;
    Le<uint64_t> end_of_blocks;
};
static_assert(sizeof(VolumeHeader) == 72);

struct StoreHeader { // VARIABLE_STORE_HEADER
    GuidBytes signature{};
    Le<uint32_t> size; // with this header
    unsigned char format = 0x5a;
    unsigned char state = 0xfe;
    Le<uint16_t> reserved;
    Le<uint32_t> reserved_too;
};
static_assert(sizeof(StoreHeader) == 28);

struct EfiTime { // EFI_TIME
    Le<uint16_t> year;
    unsigned char month = 0;
    unsigned char day = 0;
    unsigned char hour = 0;
    unsigned char minute = 0;
    unsigned char second = 0;
    unsigned char rest[9] = {};
};
static_assert(sizeof(EfiTime) == 16);

struct VariableHeader { // AUTHENTICATED_VARIABLE_HEADER
    Le<uint16_t> start = 0x55aa;
    unsigned char state = 0x3f; // VAR_ADDED
    unsigned char reserved = 0;
    Le<uint32_t> attributes = 0x27;
    Le<uint64_t> monotonic_count;
    EfiTime time;
    Le<uint32_t> public_key;
    Le<uint32_t> name_size; // in bytes
    Le<uint32_t> data_size;
    GuidBytes vendor{};
};
static_assert(sizeof(VariableHeader) == 60);
constexpr size_t record_alignment = 4;

struct SignatureListHeader { // EFI_SIGNATURE_LIST with the owner of its one entry
    GuidBytes type{};
    Le<uint32_t> size;
    Le<uint32_t> header_size;
    Le<uint32_t> entry_size;
    GuidBytes owner{};
};
static_assert(sizeof(SignatureListHeader) == 44);

constexpr const char* nv_data_file_system = "fff12b8d-7696-4c8b-a985-2747075b4f50";
constexpr const char* authenticated_store = "aaf32c78-947b-439a-a180-2e144ec37792";
constexpr const char* x509 = "a5c059a1-94e4-4aa7-87b5-ab155c2bf072";
constexpr const char* global_variable = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
constexpr const char* image_security_database = "d719b2cb-3d3a-4596-a3bc-dad00e67656f";

constexpr size_t store_offset = sizeof(VolumeHeader);
constexpr size_t records_offset = store_offset + sizeof(StoreHeader);

GuidBytes guid(const char* text) { return Guid::parse(text).bytes; }

EfiTime efi_time(int64_t seconds) {
    time_t when = seconds;
    tm parts{};
    ::gmtime_r(&when, &parts);
    EfiTime time;
    time.year = static_cast<uint16_t>(parts.tm_year + 1900);
    time.month = static_cast<unsigned char>(parts.tm_mon + 1);
    time.day = static_cast<unsigned char>(parts.tm_mday);
    time.hour = static_cast<unsigned char>(parts.tm_hour);
    time.minute = static_cast<unsigned char>(parts.tm_min);
    time.second = static_cast<unsigned char>(parts.tm_sec);
    return time;
}

uint16_t sum_of(const VolumeHeader& header) {
    std::string bytes = bytes_of(header);
    unsigned sum = 0;
    for (size_t i = 0; i < bytes.size(); ++i)
        sum += unsigned{static_cast<unsigned char>(bytes[i])} << (i % 2 == 0 ? 0 : 8);
    return static_cast<uint16_t>(sum);
}

/// The volume of ArmVirtPkg's flash: variables, and two times as much to write them safely.
std::string made_volume(std::string flash) {
    constexpr size_t block = 256 << 10;
    VolumeHeader volume;
    volume.file_system = guid(nv_data_file_system);
    volume.size = 3 * block;
    volume.attributes = 0xe36; // as its driver writes them
    volume.header_size = sizeof volume;
    volume.blocks = static_cast<uint32_t>(flash.size() / block);
    volume.block_size = block;
    volume.checksum = static_cast<uint16_t>(-sum_of(volume));
    StoreHeader store;
    store.signature = guid(authenticated_store);
    store.size = block - store_offset;
    std::fill_n(flash.begin(), 3 * block, '\xff');
    std::ranges::copy(bytes_of(volume) + bytes_of(store), flash.begin());
    return flash;
}

bool is_unused(std::string_view flash) {
    constexpr size_t volume_size = 768 << 10;
    return flash.size() >= volume_size &&
           flash.substr(0, volume_size).find_first_not_of('\0') == flash.npos;
}

/// Where the variables end; throws when there is no store, or one with variables.
size_t end_of_empty_store(std::string_view flash) {
    VolumeHeader volume;
    StoreHeader store;
    if (flash.size() < records_offset)
        throw Error("this is not a store of UEFI variables");
    std::memcpy(&volume, flash.data(), sizeof volume);
    std::memcpy(&store, flash.data() + store_offset, sizeof store);
    bool right = volume.file_system == guid(nv_data_file_system) && sum_of(volume) == 0 &&
                 volume.header_size == sizeof volume && volume.size <= flash.size() &&
                 store.signature == guid(authenticated_store) && store.size >= sizeof store &&
                 store.size <= volume.size - store_offset;
    if (!right)
        throw Error("this is not a store of UEFI variables");
    size_t end = store_offset + store.size;
    if (flash.substr(records_offset, end - records_offset).find_first_not_of('\xff') != flash.npos)
        throw Error("this store of UEFI variables is not empty");
    return end;
}

} // namespace

std::string variable_record(const EfiVariable& variable) {
    std::string name;
    for (char c : variable.name + '\0')
        name += {c, '\0'};
    VariableHeader header;
    header.time = efi_time(variable.time);
    header.name_size = static_cast<uint32_t>(name.size());
    header.data_size = static_cast<uint32_t>(variable.data.size());
    header.vendor = variable.vendor.bytes;
    return bytes_of(header) + name + variable.data;
}

std::string signature_list(std::string_view certificate, const Guid& owner) {
    SignatureListHeader header;
    header.type = guid(x509);
    header.size = static_cast<uint32_t>(sizeof header + certificate.size());
    header.entry_size = static_cast<uint32_t>(owner.bytes.size() + certificate.size());
    header.owner = owner.bytes;
    return bytes_of(header).append(certificate);
}

std::vector<EfiVariable> secure_boot_variables(std::string_view certificate) {
    std::string list = signature_list(certificate, Guid::derive("owner of Secure Boot keys"));
    Guid global = Guid::parse(global_variable);
    return {{Guid::parse(image_security_database), "db", list},
            {global, "KEK", list},
            {global, "PK", list}};
}

std::string with_variables(std::string flash, const std::vector<EfiVariable>& variables) {
    if (is_unused(flash))
        flash = made_volume(std::move(flash));
    size_t end = end_of_empty_store(flash);
    size_t at = records_offset;
    for (const auto& variable : variables) {
        std::string record = variable_record(variable);
        if (record.size() > end - at)
            throw Error("the UEFI variable {} has no room in the firmware's flash", variable.name);
        std::ranges::copy(record, flash.begin() + static_cast<ptrdiff_t>(at));
        at = std::min(end, (at + record.size() + record_alignment - 1) / record_alignment *
                               record_alignment);
    }
    return flash;
}

} // namespace coracle
