// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/process.h"
#include "trust/key.h"

namespace coracle::test {

/// A private key in PEM, made by openssl: "EC:prime256v1", "RSA:2048", "ED25519".
inline std::string make_key(const std::string& kind) {
    auto colon = kind.find(':');
    std::string size = colon == std::string::npos ? "" : kind.substr(colon + 1);
    std::vector<std::string> command{"openssl", "genpkey", "-algorithm", kind.substr(0, colon)};
    if (kind.starts_with("EC:"))
        command.insert(command.end(), {"-pkeyopt", "ec_paramgen_curve:" + size});
    if (kind.starts_with("RSA:"))
        command.insert(command.end(), {"-pkeyopt", "rsa_keygen_bits:" + size});
    return run_checked({.argv = command});
}

inline std::string no_password() { throw Error("no password is there"); }

inline PrivateKey parse_key(const std::string& pem) {
    return PrivateKey::parse(pem, "the key", no_password);
}

/// Made by `cosign generate-key-pair` (2.5.0) with the password "secret".
inline constexpr const char* cosign_key = R"(-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----
eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6
OCwicCI6MX0sInNhbHQiOiI3RThiSUIrNkh6YVZBdVBaT2N4N1M1eS83dG05aW5S
My91MTM1U21sSHFFPSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94
Iiwibm9uY2UiOiJQS1J3d1ZDZitJcDdVQzVhRGt0MjlsOTUvdXRkc25JSiJ9LCJj
aXBoZXJ0ZXh0IjoiV2ZWby9EVTlIVnArYzlKUnpkM3Nkbm9ld2hlMGFIbWZYVEFq
ckptN2dVbU5KaWpVYlZKNVhtVm84RFE0RjhyYU9KT01ORWtnQjQ3bStYUXdLUjhY
aUY2b2k4VDFkclkzM0gyNlVMem9ydmtKS2ZVK3MxMDdRZGp4Z1F6TEN3dzNzbity
RFhhRU5ubXhJbjJieGFRdGgwakRsQndlQ1k4U3I2QUFMa1MxM0QvOGtnNWxwa3Ru
dnp4RHhQTENoSmdLUjI5cG04a0orZW12SkE9PSJ9
-----END ENCRYPTED SIGSTORE PRIVATE KEY-----
)";
inline constexpr const char* cosign_public_key = R"(-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAER4T2la6v1eZ2p0jiMCl8DyhZQlgm
cChbEqEQlEZLWwlubvWogi33hrNG85QHUDdwqrV6nbdxRqH+iNml7QmLeg==
-----END PUBLIC KEY-----
)";

} // namespace coracle::test
