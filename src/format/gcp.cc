// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "archive/tar_format.h"
#include "disk/bytes_of.h"
#include "format/format.h"
#include "format/system_disk.h"
#include "io/compress.h"

namespace coracle {

namespace {

constexpr uint64_t gibi = uint64_t{1} << 30;
constexpr uint64_t granule = 4096;

/// GNU's old header of a sparse file, as Compute Engine wants it (GNU tar manual, "Old GNU
/// Format").
struct SparseRun {
    char offset[12];
    char size[12];
};
struct SparseHeader {
    char name[100];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12]; ///< of what is in the archive
    char mtime[12];
    char checksum[8];
    char type;
    char link_name[100];
    char magic[8];
    char user_name[32];
    char group_name[32];
    char device[16];
    char times_and_volume[41];
    SparseRun runs[4];
    char extended;
    char real_size[12];
    char padding[17];
};
static_assert(sizeof(SparseHeader) == tar_block);
struct SparseExtension {
    SparseRun runs[21];
    char extended;
    char padding[7];
};
static_assert(sizeof(SparseExtension) == tar_block);

void put_octal(char (&field)[12], uint64_t value) {
    if (value < uint64_t{1} << 33) {
        fmt::format("{:011o}", value).copy(field, 11);
        return;
    }
    field[0] = '\x80'; // base 256
    for (size_t i = 11; i > 0; --i, value >>= 8)
        field[i] = static_cast<char>(value & 0xff);
}

void put_run(SparseRun& field, const Extents::Run& run) {
    put_octal(field.offset, run.offset);
    put_octal(field.size, run.size);
}

std::string sparse_headers(const std::vector<Extents::Run>& runs, uint64_t real_size) {
    SparseHeader header{};
    std::string_view("disk.raw").copy(header.name, sizeof header.name);
    std::memcpy(header.mode, "0000644", 8);
    std::memcpy(header.uid, "0000000", 8);
    std::memcpy(header.gid, "0000000", 8);
    uint64_t stored = 0;
    for (const auto& run : runs)
        stored += run.size;
    put_octal(header.size, stored);
    put_octal(header.mtime, static_cast<uint64_t>(generated_time()));
    header.type = 'S';
    std::memcpy(header.magic, "ustar  ", 8);
    put_octal(header.real_size, real_size);
    size_t next = 0;
    for (; next < runs.size() && next < std::size(header.runs); ++next)
        put_run(header.runs[next], runs[next]);
    header.extended = next < runs.size() ? 1 : 0;
    std::memset(header.checksum, ' ', sizeof header.checksum);
    unsigned sum = 0;
    for (char c : bytes_of(header))
        sum += static_cast<unsigned char>(c);
    fmt::format("{:06o}", sum).copy(header.checksum, 6);
    header.checksum[6] = '\0';

    std::string bytes = bytes_of(header);
    while (next < runs.size()) {
        SparseExtension extension{};
        for (size_t i = 0; next < runs.size() && i < std::size(extension.runs); ++i)
            put_run(extension.runs[i], runs[next++]);
        extension.extended = next < runs.size() ? 1 : 0;
        bytes += bytes_of(extension);
    }
    return bytes;
}

} // namespace

/// Compute Engine takes images of whole GiB.
void make_gcp(const FormatInput& input, Outputs& outputs, std::vector<ComponentResult>& results) {
    const Extents& disk = system_disk(input, usual_firmware(input.platform), results, gibi);
    auto runs = disk.data_runs(granule);
    // A last run of nothing says where a file ends that ends in a hole.
    if (runs.empty() || runs.back().offset + runs.back().size < disk.size())
        runs.push_back({disk.size(), 0});
    FileSink& file = outputs.create(input.base + ".img.tar.gz");
    auto packed = make_compressor(file, Compression::gzip);
    packed->write(sparse_headers(runs, disk.size()));
    for (const auto& run : runs)
        disk.slice(run.offset, run.size).write_to(*packed);
    write_zeros(*packed, 2 * tar_block);
    packed->finish();
}

} // namespace coracle
