// SPDX-License-Identifier: Apache-2.0
#include "filesystem/iso9660_boot.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/on_disk.h"
#include "filesystem/iso9660_layout.h"

namespace coracle::iso9660 {

namespace {

template <class T>
void put(std::string& text, size_t at, T value) {
    std::memcpy(text.data() + at, &value, sizeof value);
}

constexpr uint64_t per_sector = sector_size / 512;
constexpr size_t information_end = 64; ///< of isolinux.bin: its own part begins here

} // namespace

std::string boot_record(uint64_t catalog_sector) {
    std::string text(sector_size, '\0');
    text.replace(1, 6, "CD001\1");
    std::string_view system = "EL TORITO SPECIFICATION";
    text.replace(7, system.size(), system);
    put(text, 71, Le<uint32_t>(static_cast<uint32_t>(catalog_sector)));
    return text;
}

std::string boot_catalog(const BootProgram& program) {
    bool bios = program.kind == IsoBoot::Kind::bios;
    std::string text(sector_size, '\0');
    text[0] = 1; // validation entry
    text[1] = bios ? '\0' : '\xef';
    text[30] = '\x55';
    text[31] = '\xaa';
    uint16_t sum = 0;
    for (size_t i = 0; i < 32; i += 2) {
        Le<uint16_t> word;
        std::memcpy(&word, text.data() + i, sizeof word);
        sum = static_cast<uint16_t>(sum + word);
    }
    put(text, 28, Le<uint16_t>(static_cast<uint16_t>(-sum)));
    text[32] = '\x88'; // bootable, no emulation
    // A BIOS loads the first 2048 bytes. A file system's sectors are counted where 16 bits can;
    // 0 is, to UEFI, all there is.
    uint64_t count = bios ? 4 : program.size / 512;
    put(text, 38, Le<uint16_t>(static_cast<uint16_t>(count > UINT16_MAX ? 0 : count)));
    put(text, 40, Le<uint32_t>(static_cast<uint32_t>(program.sector)));
    return text;
}

std::string with_boot_information(std::string program, uint64_t sector) {
    if (program.size() < information_end)
        throw Error("the boot program is too short for one of isolinux");
    program.resize((program.size() + 3) / 4 * 4);
    uint32_t sum = 0;
    for (size_t i = information_end; i < program.size(); i += 4) {
        Le<uint32_t> word;
        std::memcpy(&word, program.data() + i, sizeof word);
        sum += word;
    }
    std::fill_n(program.begin() + 8, information_end - 8, '\0');
    put(program, 8, Le<uint32_t>(16)); // the primary volume descriptor
    put(program, 12, Le<uint32_t>(static_cast<uint32_t>(sector)));
    put(program, 16, Le<uint32_t>(static_cast<uint32_t>(program.size())));
    put(program, 20, Le<uint32_t>(sum));
    return program;
}

std::string hybrid_mbr(const BootProgram& program, const std::string& disk_code, uint32_t signature,
                       uint64_t size) {
    constexpr size_t code_size = 432;
    std::string text(512, '\0');
    bool bios = program.kind == IsoBoot::Kind::bios;
    if (bios) {
        if (disk_code.size() > code_size)
            throw Error("the code of isolinux for disks is longer than {} bytes", code_size);
        text.replace(0, disk_code.size(), disk_code);
        put(text, code_size, Le<uint64_t>(program.sector * per_sector));
    }
    put(text, 440, Le<uint32_t>(signature));
    // One partition: for a BIOS all of it, marked as no file system; for UEFI the one that it
    // starts from.
    constexpr size_t entry = 446;
    text[entry] = bios ? '\x80' : '\0';
    uint64_t begin = bios ? 0 : program.sector * per_sector;
    uint64_t count = bios ? size / 512 : program.size / 512;
    text.replace(entry + 1, 3, std::string("\0\2\0", 3));
    text[entry + 4] = bios ? '\x17' : '\xef';
    text.replace(entry + 5, 3, "\xfe\xff\xff");
    put(text, entry + 8, Le<uint32_t>(static_cast<uint32_t>(begin)));
    put(text, entry + 12,
        Le<uint32_t>(static_cast<uint32_t>(std::min<uint64_t>(count, UINT32_MAX))));
    text[510] = '\x55';
    text[511] = '\xaa';
    return text;
}

} // namespace coracle::iso9660
