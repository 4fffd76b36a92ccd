// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "image/merged_image.h"
#include "io/sink.h"
#include "rootfs/component.h"
#include "spec/spec.h"
#include "store/resolve.h"
#include "store/store.h"

namespace coracle {

/// The kernel image of a specification: the kernel itself, its modules, microcode and command line.
/// Its layers are read when something is asked of it. Safe to use from many threads.
class Kernel {
public:
    /// `unpack`: the kernel is given without its compression, where it has one.
    Kernel(const Store& store, const ResolvedImage& image, KernelSpec spec, bool unpack = false,
           LayerReading reading = {})
        : store_(store), image_(image), spec_(std::move(spec)), unpack_(unpack), reading_(reading) {
    }

    const ResolvedImage& image() const { return image_; }
    std::string cmdline() const { return spec_.cmdline.value_or(""); }
    const KernelSpec& spec() const { return spec_; }
    bool has_modules() const { return spec_.tar_name().has_value(); }
    bool has_microcode() const { return !spec_.ucode.value_or("").empty(); }

    bool unpack() const { return unpack_; }

    /// Calls `body` with the kernel. Throws when the image has none.
    void with_kernel(const std::function<void(const Entry&, Source&)>& body) const;
    /// Calls `body` with the microcode archive. Throws when the image has none by that name.
    void with_microcode(const std::function<void(const Entry&, Source&)>& body) const;
    /// The kernel's configuration, where the image has it as a file: `kernel_config`, `.config`,
    /// `boot/config-*`, also packed.
    std::optional<std::string> config() const;
    /// The entries of the modules' tar, which go onto `/`. Throws when the image has none.
    std::unique_ptr<EntrySource> modules() const;

private:
    const MergedImage& tree() const;
    void with(const std::string& name, const char* what,
              const std::function<void(const Entry&, Source&)>& body) const;

    const Store& store_;
    const ResolvedImage& image_;
    KernelSpec spec_;
    bool unpack_;
    LayerReading reading_;
    mutable std::once_flag once_;
    mutable std::unique_ptr<MergedImage> tree_;
};

/// The directory `boot`: kernel, command line and microcode. Formats that bring these as files of
/// their own leave it out.
class BootComponent : public Component {
public:
    /// `without`: what the specification's files replace.
    BootComponent(const Kernel& kernel, int64_t time, std::set<TreePath> without = {});
    void emit(EntrySink& sink) const override;
    uint64_t weight() const override;

private:
    const Kernel& kernel_;
    PaxList provenance_;
    int64_t time_;
    std::set<TreePath> without_;
};

} // namespace coracle
