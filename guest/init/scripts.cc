// SPDX-License-Identifier: Apache-2.0
#include "init/scripts.h"

#include <unistd.h>

#include "base/error.h"
#include "common/console.h"
#include "common/directory.h"
#include "common/spawn.h"

namespace coracle::guest {

Scripts::Scripts(const std::string& directory) {
    for (const auto& name : names_in(directory)) {
        std::string path = directory + "/" + name;
        if (::access(path.c_str(), X_OK) == 0 && !is_directory(path))
            paths_.push_back(path);
    }
}

bool Scripts::start_next() {
    while (!paths_.empty()) {
        current_ = paths_.front();
        paths_.pop_front();
        try {
            child_ = spawn({.argv = {current_}, .session = true});
            return true;
        } catch (const Error& error) {
            complain("{}", error.message());
            failed_ = true;
        }
    }
    return false;
}

bool Scripts::ended(pid_t child, int wait_status) {
    if (child != child_)
        return false;
    child_ = -1;
    if (int status = exit_status(wait_status); status != 0) {
        complain("'{}' ended with status {}", current_, status);
        failed_ = true;
    }
    return true;
}

} // namespace coracle::guest
