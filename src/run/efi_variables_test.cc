// SPDX-License-Identifier: Apache-2.0
#include "run/efi_variables.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "disk/authenticode.h"

namespace coracle {
namespace {

constexpr const char* empty_store = "/usr/share/OVMF/OVMF_VARS_4M.fd";
constexpr const char* enrolled_store = "/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd";
constexpr const char* enrolled_certificate = "/usr/share/ovmf/PkKek-1-snakeoil.pem";
constexpr size_t records = 0x64;
constexpr size_t time_offset = 16, behind_time = 32; // in a record

Guid global() { return Guid::parse("8be4df61-93ca-11d2-aa0d-00e098032b8c"); }

std::string refusal_of(const std::string& flash, const std::vector<EfiVariable>& variables = {}) {
    try {
        with_variables(flash, variables);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

TEST(EfiVariables, AreRecordsAsTheFirmwareItselfMadeThem) {
    std::string theirs = read_file(enrolled_store);
    std::string certificate = read_secure_boot_certificate(enrolled_certificate);
    Guid vendor = Guid::parse("a0baa8a3-041d-48a8-bc87-c36d121b5e3d");
    Guid owners[] = {vendor, vendor, global()};
    auto variables = secure_boot_variables(certificate);
    ASSERT_EQ(variables.size(), 3u);
    for (size_t i = 0; i < variables.size(); ++i) {
        variables[i].data = signature_list(certificate, owners[i]);
        std::string ours = variable_record(variables[i]);
        size_t found = theirs.find(ours.substr(behind_time));
        ASSERT_NE(found, theirs.npos) << variables[i].name;
        EXPECT_EQ(theirs.substr(found - behind_time, time_offset), ours.substr(0, time_offset));
    }
}

TEST(EfiVariables, HaveTheTimeOfTheirLastChange) {
    auto record = variable_record({global(), "PK", "", 1741575228}); // 2025-03-10 02:53:48
    EXPECT_EQ(to_hex(record.substr(time_offset, behind_time - time_offset)),
              "e907030a023530000000000000000000");
}

TEST(EfiVariables, LieOneAfterAnotherInTheStore) {
    std::string before = read_file(empty_store);
    EfiVariable odd{global(), "A", "abc"}, next{global(), "B", "x"};
    std::string after = with_variables(before, {odd, next});
    std::string wanted = variable_record(odd) + "\xff" + variable_record(next);
    EXPECT_EQ(after.substr(records, wanted.size()), wanted);
    EXPECT_EQ(after.substr(0, records), before.substr(0, records));
    EXPECT_EQ(after.substr(records + wanted.size()), before.substr(records + wanted.size()));
}

TEST(EfiVariables, FlashOfZerosGetsTheVolumeThatTheArmFirmwareMakes) {
    std::string flash = with_variables(std::string(64 << 20, '\0'), {});
    EXPECT_EQ(to_hex(flash.substr(0, records)), "00000000000000000000000000000000"
                                                "8d2bf1ff96768b4ca9852747075b4f50"
                                                "00000c00000000005f465648360e0000"
                                                "4800f8f8000000020001000000000400"
                                                "0000000000000000"
                                                "782cf3aa7b949a43a1802e144ec37792"
                                                "b8ff03005afe000000000000");
    EXPECT_EQ(flash.substr(records, (768 << 10) - records),
              std::string((768 << 10) - records, '\xff'));
    EXPECT_EQ(flash.size(), size_t{64} << 20);
}

TEST(EfiVariables, WithoutRoomAreRefused) {
    EfiVariable large{global(), "PK", std::string(100 << 10, 'x')};
    std::string store = read_file(empty_store);
    EXPECT_EQ(refusal_of(store, {large, large}), "");
    EXPECT_EQ(refusal_of(store, {large, large, large}),
              "the UEFI variable PK has no room in the firmware's flash");
}

TEST(EfiVariables, GoIntoEmptyStoresOnly) {
    EXPECT_EQ(refusal_of(read_file(enrolled_store)), "this store of UEFI variables is not empty");
    std::string store = read_file(empty_store);
    for (size_t size : {0u, 10u, 0x63u, 0x64u, 0x1000u})
        EXPECT_EQ(refusal_of(store.substr(0, size)), "this is not a store of UEFI variables");
    for (size_t at : {0x10u, 0x20u, 0x27u, 0x30u, 0x34u, 0x48u, 0x5bu}) {
        std::string broken = store;
        broken[at] = static_cast<char>(broken[at] ^ 0x40);
        EXPECT_EQ(refusal_of(broken), "this is not a store of UEFI variables") << at;
    }
    std::string small = store;
    small.replace(0x58, 4, std::string(4, '\0')); // a store smaller than its header
    EXPECT_EQ(refusal_of(small), "this is not a store of UEFI variables");
}

} // namespace
} // namespace coracle
