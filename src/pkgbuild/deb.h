// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "archive/entry.h"
#include "io/source.h"

namespace coracle {

/// A Debian binary package (deb(5), format 2.0), read from the front to the end without running any
/// of its scripts: an ar archive of `debian-binary`, `control.tar*` and `data.tar*`, packed with
/// gzip, xz, zstd or not at all.
class DebReader {
public:
    /// Reads as far as the control member. `name` names the package in errors. Throws for what is
    /// no such archive and for members that are damaged or too large.
    DebReader(Source& source, std::string name);
    ~DebReader();

    /// The text of the file `control`.
    const std::string& control() const;
    /// The files. At most 8 GiB of them.
    EntrySource& data();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The value of a field in a control paragraph (deb822(5)), or "". Continuation lines keep their
/// line breaks.
std::string control_field(std::string_view paragraph, std::string_view field);

} // namespace coracle
