// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"

namespace coracle::guest {

/// A pipe whose reading end does not block; both ends are closed on exec.
struct Pipe {
    Pipe() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0)
            throw Error::system(errno, "make a pipe");
        read.reset(ends[0]);
        write.reset(ends[1]);
        ::fcntl(read.get(), F_SETFL, O_NONBLOCK);
    }
    Fd read;
    Fd write;
};

} // namespace coracle::guest
