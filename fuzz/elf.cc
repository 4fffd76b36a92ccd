// SPDX-License-Identifier: Apache-2.0
// Any bytes as an ELF file, as programs and kernel modules of packages are.
#include <sys/mman.h>

#include "base/fd.h"
#include "check.h"
#include "pkgbuild/elf.h"
#include "pkgbuild/module_index.h"

using namespace coracle;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    Fd file(::memfd_create("elf", MFD_CLOEXEC));
    auto text = fuzz::text_of(data, size);
    write_all(file.get(), text, "elf");
    FileSlice slice{file.get(), 0, text.size(), "elf"};
    try {
        (void)read_elf(slice);
    } catch (const Error&) {
    }
    try {
        if (auto section = read_elf_section(slice, ".modinfo"))
            (void)parse_modinfo("kernel/x.ko", *section);
    } catch (const Error&) {
    }
    return 0;
}
