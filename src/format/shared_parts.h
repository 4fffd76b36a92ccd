// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "base/fd.h"
#include "disk/extents.h"

namespace coracle {

/// What several formats of one build are made of: the first that asks for a part makes it. For many
/// threads.
class SharedParts {
public:
    /// The part of this name, by `make` where it is asked for the first time.
    const Extents& part(const std::string& name, const std::function<Extents()>& make);
    /// Holds a file open that a part refers to; returns its descriptor.
    int hold(Fd file);

private:
    std::recursive_mutex mutex_; // parts are made of parts
    std::map<std::string, Extents> parts_;
    std::deque<Fd> files_;
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
