// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "archive/entry.h"

namespace coracle {

/// One part of a root file system, e.g. the files of one service: what a rebuild can keep or has to
/// make anew. Components are laid down in order and no path comes twice, but for the directory
/// `boot`, which some formats leave to the images.
class Component {
public:
    virtual ~Component() = default;

    /// Where the specification asks for it: "kernel", "init[0]", "services[1]", "files".
    const std::string& location() const { return location_; }
    /// For people: "redis (docker.io/library/redis:8)".
    const std::string& title() const { return title_; }
    /// The hash of all that determines what emit() gives, in hexadecimal.
    const std::string& key() const { return key_; }

    /// Adds the entries, parents before children. May be called by several threads for different
    /// components at once. Does not finish the sink.
    virtual void emit(EntrySink& sink) const = 0;

    /// How many bytes of layers emit() reads, roughly: what takes long should begin early.
    virtual uint64_t weight() const { return 0; }
    /// Whether emit() uses what the others find out: to be called after theirs.
    virtual bool comes_last() const { return false; }

protected:
    Component(std::string location, std::string title)
        : location_(std::move(location)), title_(std::move(title)) {}
    void set_key(std::string key) { key_ = std::move(key); }

private:
    std::string location_;
    std::string title_;
    std::string key_;
};

/// The records that tell where an entry is from, as LinuxKit writes them.
PaxList make_provenance(const std::string& source, const std::string& location);

} // namespace coracle
