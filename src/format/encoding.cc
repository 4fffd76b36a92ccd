// SPDX-License-Identifier: Apache-2.0
#include "format/encoding.h"

#include <fmt/format.h>

#include "archive/cpio_writer.h"
#include "archive/tar_writer.h"
#include "base/text.h"
#include "io/memory.h"

namespace coracle {

std::string Encoding::name() const {
    return fmt::format("{}+{}:{}", archive == Archive::tar ? "tar" : "cpio", name_of(compression),
                       level);
}

std::unique_ptr<EntrySink> make_archive_writer(Encoding::Archive archive, const std::string& key,
                                               Sink& sink) {
    if (archive == Encoding::Archive::tar)
        return std::make_unique<TarWriter>(sink);
    // A device number of its own keeps the inodes of this segment apart from those of others.
    uint64_t device = parse_number(key.substr(0, 15), 16).value_or(0);
    return std::make_unique<CpioWriter>(sink, device);
}

std::string archive_end(const Encoding& encoding) {
    StringSink bytes;
    auto packed = make_compressor(bytes, encoding.compression, encoding.level);
    make_archive_writer(encoding.archive, "", *packed)->finish();
    return bytes.take();
}

} // namespace coracle
