// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace coracle {

/// One archive that packages come from: a line of sources.list(5).
struct AptSource {
    std::string uri; ///< without a slash at the end
    std::string suite;
    std::vector<std::string> components;
    std::string signed_by; ///< path of a keyring; "" = the usual one

    friend bool operator==(const AptSource&, const AptSource&) = default;
};

/// The binary archives (`deb`) of a file in the one-line or the deb822 format, which `deb822`
/// tells. What cannot be understood is left out: the machine's sources are not ours to judge.
std::vector<AptSource> parse_apt_sources(std::string_view text, bool deb822);

/// All archives of this machine: sources.list and sources.list.d below `directory` (/etc/apt).
std::vector<AptSource> machine_apt_sources(const std::string& directory = "/etc/apt");

/// The Debian archives among `machine`, turned to another suite: "bookworm-security" becomes
/// "trixie-security". Archives of other projects and backports are left out. With components main
/// only.
std::vector<AptSource> sources_for_suite(const std::vector<AptSource>& machine,
                                         const std::string& suite);

/// The archives on a mirror that the user named.
std::vector<AptSource> sources_on_mirror(const std::string& mirror, const std::string& suite);

/// The text of a sources.list.
std::string sources_list(const std::vector<AptSource>& sources, const std::string& keyring);

} // namespace coracle
