// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/guarded.h"
#include "io/file_io.h"

namespace coracle {

/// The files of a build, which appear together when all are complete; else none does. For many
/// threads, but commit().
class Outputs {
public:
    /// A file to be. The sink is finished by commit(). Throws where it was asked for before.
    FileSink& create(const std::string& path);
    /// As create(), for a file that is written at any place: the descriptor of an empty file, open
    /// until commit().
    int create_file(const std::string& path);
    /// Asks for the writing of a file that several formats have: true for the first who asks, who
    /// is to create it.
    bool claim(const std::string& path);
    /// Puts all in place; returns path and size in bytes of each, in order of their paths.
    std::vector<std::pair<std::string, uint64_t>> commit();

private:
    struct Output {
        explicit Output(const std::string& path) : file(path), sink(file.fd(), path) {}
        AtomicFile file;
        FileSink sink;
    };
    Output& add(const std::string& path);

    Guarded<std::set<std::string>> claimed_;
    Guarded<std::map<std::string, Output>> outputs_;
};

} // namespace coracle
