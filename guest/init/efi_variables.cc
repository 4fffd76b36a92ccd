// SPDX-License-Identifier: Apache-2.0
#include "init/efi_variables.h"

#include <sys/mount.h>

#include "base/file.h"
#include "common/console.h"
#include "common/directory.h"
#include "common/mount.h"

namespace coracle::guest {

namespace {

constexpr const char* folder = "/sys/firmware/efi/efivars";
constexpr const char* loader = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
constexpr size_t attributes_size = 4;
constexpr uint64_t most_bytes = 4096;

} // namespace

std::optional<std::string> efi_text(std::string_view bytes) {
    if (bytes.size() <= attributes_size || bytes.size() % 2 != 0)
        return std::nullopt;
    bytes.remove_prefix(attributes_size);
    std::string text;
    for (; !bytes.empty(); bytes.remove_prefix(2)) {
        if (bytes[0] == '\0' && bytes[1] == '\0')
            break;
        if (bytes[0] < ' ' || bytes[0] > '~' || bytes[1] != '\0')
            return std::nullopt;
        text += bytes[0];
    }
    return text;
}

std::optional<std::string> loader_variable(const std::string& name) {
    bool mounted = mount_if_possible("efivarfs", folder,
                                     MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
    if (!mounted && names_in(folder).empty() && is_directory("/sys/firmware/efi"))
        complain("cannot read the variables of the boot loader: the kernel has no efivarfs");
    std::optional<std::string> bytes;
    try {
        bytes = read_file_if_present(std::string(folder) + "/" + name + "-" + loader, most_bytes);
    } catch (const std::exception&) {
        // A variable that cannot be read says nothing.
    }
    if (mounted)
        ::umount2(folder, MNT_DETACH);
    return bytes ? efi_text(*bytes) : std::nullopt;
}

} // namespace coracle::guest
