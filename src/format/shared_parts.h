// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "archive/tree.h"
#include "base/fd.h"
#include "base/guarded.h"
#include "disk/extents.h"
#include "disk/verity.h"
#include "format/segments.h"

namespace coracle {

/// Things by name, each made by the first who asks for it; the others wait. For many threads.
template <class Thing>
class Shared {
public:
    template <class Make>
    const Thing& get(const std::string& name, const Make& make) {
        Slot& slot = slots_.with([&](auto& slots) -> Slot& { return slots[name]; });
        std::lock_guard turn(slot.mutex); // of this one only: things are made of things
        if (!slot.thing)
            slot.thing.emplace(make());
        return *slot.thing;
    }

private:
    struct Slot {
        std::mutex mutex;
        std::optional<Thing> thing;
    };
    Guarded<std::map<std::string, Slot>> slots_;
};

/// The whole root, with what became of its components.
struct GatheredTree {
    Tree tree;
    std::vector<ComponentResult> components;
};

/// What several formats of one build are made of: Extents, a VerityTree, a GatheredTree. For many
/// threads.
class SharedParts {
public:
    /// The part of this name, by `make` where it is asked for the first time.
    template <class Make>
    const std::invoke_result_t<Make>& part(const std::string& name, const Make& make) {
        return std::get<Shared<std::invoke_result_t<Make>>>(parts_).get(name, make);
    }
    /// Holds a file open that a part refers to; returns its descriptor.
    int hold(Fd file);

private:
    std::tuple<Shared<Extents>, Shared<VerityTree>, Shared<GatheredTree>> parts_;
    Guarded<std::deque<Fd>> files_;
};

/// Gathers what is written as extents: bytes in memory, files by reference.
class ExtentsSink : public Sink {
public:
    explicit ExtentsSink(SharedParts& shared) : shared_(shared) {}
    void write(std::string_view data) override { extents_.add(std::string(data)); }
    void write_file(int fd, uint64_t offset, uint64_t size) override;
    Extents take() { return std::move(extents_); }

private:
    SharedParts& shared_;
    Extents extents_;
};

} // namespace coracle
