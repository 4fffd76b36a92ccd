// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "io/sink.h"
#include "io/source.h"

namespace coracle {

// One pair per compression; compress.h is what others use.
std::unique_ptr<Source> make_gunzip(Source& source);    ///< RFC 1952
std::unique_ptr<Sink> make_gzip(Sink& sink, int level); ///< no name, no time
std::unique_ptr<Source> make_unzstd(Source& source);    ///< RFC 8878
std::unique_ptr<Sink> make_zstd(Sink& sink, int level);
/// The legacy frame of lz4, which kernels are packed with (magic 0x184c2102, blocks of 8 MiB).
std::unique_ptr<Source> make_unlz4(Source& source);
std::unique_ptr<Source> make_unxz(Source& source);
std::unique_ptr<Sink> make_xz(Sink& sink, int level); ///< CRC32 check, which the kernel can verify

std::string gzip_version(); ///< of its libraries, e.g. "zlib 1.2.13, isa-l 2.30.0"
std::string zstd_version();
std::string xz_version();

} // namespace coracle
