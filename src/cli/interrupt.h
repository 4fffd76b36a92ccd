// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace coracle {

/// Lets SIGINT, SIGTERM and SIGHUP end the program by that signal, but only once temporary files
/// and directories are removed; makes a write to a closed pipe an error and no sudden death. Call
/// first in main, before any thread is made (threads inherit that these signals are blocked).
void clean_up_when_interrupted();

/// Whether whoever reads our standard output has gone away (`| head`).
bool output_is_closed();

/// Ends the program by a signal, as if it had not been handled.
[[noreturn]] void die_by(int signal);

} // namespace coracle
