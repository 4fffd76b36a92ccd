// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace coracle {

/// The certificates that are kept for one host.
struct HostCertificates {
    std::string authorities = {};        ///< PEM, to trust besides the system's
    std::string client_certificate = {}; ///< a file; "" = none
    std::string client_key = {};         ///< a file
};

/// What lies for a host in /etc/containers/certs.d, /etc/docker/certs.d and
/// ~/.config/containers/certs.d: directories named HOST:PORT or HOST with *.crt, *.cert and *.key.
HostCertificates certificates_for(const std::string& host, int port);

} // namespace coracle
