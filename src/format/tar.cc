// SPDX-License-Identifier: Apache-2.0
#include "archive/tar_writer.h"
#include "format/format.h"
#include "io/memory.h"
#include "rootfs/image_rules.h"

namespace coracle {

namespace {

std::vector<const Component*> all_of(const Rootfs& rootfs) {
    std::vector<const Component*> list;
    for (const auto& component : rootfs.components())
        list.push_back(component.get());
    return list;
}

/// One more file at the end of the archive.
class Extra : public Component {
public:
    Extra(const char* name, std::string content, int64_t time)
        : Component(name, name), content_(std::move(content)), time_(time) {
        set_key(Hasher().update(name).update(content_).hex());
    }
    void emit(EntrySink& sink) const override {
        sink.add(file_entry(TreePath(location()), content_.size(), time_), content_);
    }

private:
    std::string content_;
    int64_t time_;
};

constexpr const char* dockerfile = "\nFROM scratch\n\nCOPY . ./\n\n"
                                   "ENTRYPOINT [\"/bin/rc.init\"]\n";

void write_tar(const FormatInput& input, std::vector<const Component*> components, Sink& sink,
               std::vector<ComponentResult>& results) {
    SegmentQueue queue(std::move(components), Encoding{}, input.cache, input.pool, input.reporter);
    queue.write_to(sink, results);
}

} // namespace

void make_tar(const FormatInput& input, Outputs& outputs, std::vector<ComponentResult>& results) {
    Sink& sink = input.stream != nullptr ? *input.stream : outputs.create(input.base + ".tar");
    write_tar(input, all_of(input.rootfs), sink, results);
}

void make_docker(const FormatInput& input, Outputs& outputs,
                 std::vector<ComponentResult>& results) {
    Extra extra("Dockerfile", dockerfile, generated_time());
    auto components = all_of(input.rootfs);
    components.push_back(&extra);
    Sink& sink = input.stream != nullptr ? *input.stream : outputs.create(input.base + ".docker");
    write_tar(input, std::move(components), sink, results);
}

} // namespace coracle
