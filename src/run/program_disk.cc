// SPDX-License-Identifier: Apache-2.0
#include "run/program_disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/file.h"
#include "disk/fat.h"
#include "disk/partition_table.h"
#include "disk/random_access_file.h"

namespace coracle {

void write_program_disk(const std::string& program, Arch arch, const std::string& path) {
    const char* name = arch == Arch::x86_64    ? "BOOTX64.EFI"
                       : arch == Arch::aarch64 ? "BOOTAA64.EFI"
                                               : "BOOTRISCV64.EFI";
    Fd fd = open_fd(program, O_RDONLY);
    Extents content;
    content.add_file(fd.get(), 0, static_cast<uint64_t>(::lseek(fd.get(), 0, SEEK_END)));
    FatOptions options;
    options.hidden_sectors = partition_alignment / sector_size;
    GptDisk disk{Guid::derive("program disk")};
    disk.partitions.push_back(
        {Guid::parse("c12a7328-f81f-11d2-ba4b-00a0c93ec93b"), Guid::derive("program partition"),
         "esp", make_fat({{fmt::format("EFI/BOOT/{}", name), content}}, options).image});
    Extents whole = make_gpt_disk(disk);
    AtomicFile output(path);
    RandomAccessFile file(output.fd(), path);
    file.write_at(0, whole);
    file.resize(whole.size());
    output.commit();
}

} // namespace coracle
