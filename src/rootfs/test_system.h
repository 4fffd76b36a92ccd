// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "archive/test_tar.h"
#include "base/file.h"
#include "image/test_overlay.h"
#include "rootfs/rootfs.h"
#include "spec/read.h"
#include "store/store.h"
#include "store/test_images.h"

namespace coracle::test {

/// Keeps entries with their content and provenance.
class Recorder : public EntrySink {
public:
    struct Line {
        Entry entry;
        std::string content;
        std::string source;   ///< LINUXKIT.source
        std::string location; ///< LINUXKIT.location
    };
    using EntrySink::add;
    void add(const Entry& entry, Source& content) override {
        Line line{entry, std::string(entry.size, '\0'), {}, {}};
        read_exactly(content, line.content, "the content");
        if (entry.provenance != nullptr)
            for (const auto& [key, value] : *entry.provenance)
                (key == "LINUXKIT.source" ? line.source : line.location) = value;
        lines.push_back(std::move(line));
    }

    const Line* find(std::string_view path) const {
        for (const auto& line : lines)
            if (line.entry.path.str() == path)
                return &line;
        return nullptr;
    }
    std::vector<Entry> headers() const {
        std::vector<Entry> all;
        for (const auto& line : lines)
            all.push_back(line.entry);
        return all;
    }

    std::vector<Line> lines;
};

/// A store with images made in the test, and root file systems from them.
class System {
public:
    System() {
        options.platform = Platform::parse("linux/amd64");
        options.time = 1000;
        options.sbom_name = "";
    }

    void image(const std::string& name, const std::vector<std::string>& layers,
               ImageConfig config = {}) {
        auto manifest = put_image(store, "linux/amd64", layers, std::move(config));
        store.tag(Reference::parse(name), put_index(store, {manifest}));
    }
    /// A kernel image with a kernel of its own, `modules` as its kernel.tar.
    void kernel(const std::string& name, const std::string& modules) {
        image(name, {TarText().file("kernel", "KERNEL").file("kernel.tar", modules).str()});
    }

    Rootfs& make(const std::string& yaml) {
        specs.push_back(std::make_unique<Spec>(parse_spec(yaml, "os.yml")));
        rootfs.push_back(std::make_unique<Rootfs>(*specs.back(), store, options));
        return *rootfs.back();
    }
    /// All that the components of a specification emit, one after the other.
    Recorder record(const std::string& yaml) {
        Recorder recorder;
        for (const auto& component : make(yaml).components())
            component->emit(recorder);
        return recorder;
    }
    /// What describing or emitting fails with, or "".
    std::string error_of(const std::string& yaml) {
        try {
            record(yaml);
        } catch (const Error& error) {
            return error.what();
        }
        return "";
    }

    TempDir dir;
    Store store{dir / "store"};
    RootfsOptions options;
    std::vector<std::unique_ptr<Spec>> specs;
    std::vector<std::unique_ptr<Rootfs>> rootfs;
};

} // namespace coracle::test
