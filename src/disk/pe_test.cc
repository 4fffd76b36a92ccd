// SPDX-License-Identifier: Apache-2.0
#include "disk/pe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "disk/authenticode.h"

namespace coracle {
namespace {

using testing::HasSubstr;

const char* const stub_path = "/usr/lib/systemd/boot/efi/linuxx64.efi.stub";

class Pe : public testing::Test {
protected:
    Pe() : stub_(read_file(stub_path)) {
        run_checked({{"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                      "/CN=test", "-keyout", key_, "-out", certificate_}});
    }
    Extents program() const {
        return add_pe_sections(stub_,
                               {{".osrel", Extents("ID=x\n")},
                                {".cmdline", Extents("quiet")},
                                {".initrd", Extents(std::string(70001, 'i'))},
                                {".linux", Extents(std::string(50000, 'k')), 200000}},
                               "the stub");
    }
    static std::string error_of(const std::function<void()>& body) {
        try {
            body();
        } catch (const Error& error) {
            return error.what();
        }
        return "";
    }

    TempDir dir_;
    std::string stub_;
    std::string key_ = dir_ / "key.pem";
    std::string certificate_ = dir_ / "cert.pem";
};

TEST_F(Pe, SectionsAreReadByObjcopy) {
    write_file(dir_ / "uki.efi", program().read_all());
    std::string list = run_checked({{"objdump", "-h", dir_ / "uki.efi"}});
    for (const char* name : {".text", ".sdmagic", ".osrel", ".cmdline", ".initrd", ".linux"})
        EXPECT_THAT(list, HasSubstr(name));
    run_checked(
        {{"objcopy", "-O", "binary", "--only-section=.initrd", dir_ / "uki.efi", dir_ / "initrd"}});
    EXPECT_EQ(read_file(dir_ / "initrd").substr(0, 70001), std::string(70001, 'i'));
}

TEST_F(Pe, SignaturesAreVerifiedBySbverify) {
    SecureBootKey key(key_, certificate_);
    std::string bytes = key.sign(program()).read_all();
    write_file(dir_ / "signed.efi", bytes);
    EXPECT_THAT(run_checked({{"sbverify", "--cert", certificate_, dir_ / "signed.efi"}}),
                HasSubstr("Signature verification OK"));
    EXPECT_EQ(key.sign(program()).read_all(), bytes); // at another time
    bytes[bytes.find("iiii")] = 'j';
    write_file(dir_ / "tampered.efi", bytes);
    EXPECT_NE(run({{"sbverify", "--cert", certificate_, dir_ / "tampered.efi"}}).status, 0);
}

TEST_F(Pe, SignsTheHashThatSbsignSigns) {
    write_file(dir_ / "uki.efi", program().read_all());
    run_checked({{"sbsign", "--key", key_, "--cert", certificate_, "--output", dir_ / "other.efi",
                  dir_ / "uki.efi"}});
    std::string other = read_file(dir_ / "other.efi");
    std::string hash = authenticode_hash(program());
    std::string raw;
    for (size_t i = 0; i < hash.size(); i += 2)
        raw += static_cast<char>(std::stoi(hash.substr(i, 2), nullptr, 16));
    EXPECT_NE(other.find(raw), std::string::npos);
}

TEST_F(Pe, KeysThatFirmwareDoesNotTakeAreRefused) {
    EXPECT_EQ(error_of([&] { SecureBootKey(certificate_, certificate_); }),
              "'" + certificate_ + "' is not a private key in PEM without a passphrase");
    EXPECT_EQ(error_of([&] { SecureBootKey(key_, key_); }),
              "'" + key_ + "' is not a certificate in PEM");
    run_checked({{"openssl", "genrsa", "-out", dir_ / "other.pem", "2048"}});
    EXPECT_EQ(error_of([&] { SecureBootKey(dir_ / "other.pem", certificate_); }),
              "the certificate '" + certificate_ + "' is not of the key '" + dir_ / "other.pem" +
                  "'");
    run_checked({{"openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out",
                  dir_ / "ec.pem"}});
    EXPECT_THAT(error_of([&] { SecureBootKey(dir_ / "ec.pem", certificate_); }),
                HasSubstr("is not an RSA key, the only kind that UEFI firmware knows"));
}

TEST_F(Pe, CertificatesForFirmwareAreRead) {
    run_checked(
        {{"openssl", "x509", "-in", certificate_, "-outform", "der", "-out", dir_ / "cert.der"}});
    EXPECT_EQ(read_secure_boot_certificate(certificate_), read_file(dir_ / "cert.der"));
    EXPECT_EQ(error_of([&] { read_secure_boot_certificate(dir_ / "cert.der"); }),
              "'" + dir_ / "cert.der" + "' is not a certificate in PEM");
    run_checked({{"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                  "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=test", "-keyout",
                  dir_ / "ec.pem", "-out", dir_ / "ec-cert.pem"}});
    EXPECT_EQ(error_of([&] { read_secure_boot_certificate(dir_ / "ec-cert.pem"); }),
              "'" + dir_ / "ec-cert.pem" +
                  "' is not of an RSA key, the only kind that UEFI firmware knows\ntry: "
                  "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=NAME -keyout KEY -out CERT");
}

TEST_F(Pe, GarbageIsNoProgram) {
    EXPECT_EQ(error_of([] { read_pe("", "'x'"); }), "'x' is not an EFI program");
    for (size_t size = 0; size < 0x300; size += 7)
        EXPECT_NO_THROW(error_of([&] { read_pe(stub_.substr(0, size), "'x'"); }));
    std::string broken = stub_;
    broken.replace(0x3c, 4, "\xff\xff\xff\x7f");
    EXPECT_EQ(error_of([&] { read_pe(broken, "'x'"); }), "'x' is not an EFI program");
    std::vector<PeSection> many(20, {".x", Extents("x")});
    EXPECT_EQ(error_of([&] { add_pe_sections(stub_, many, "'x'"); }),
              "the headers of 'x' have no room for 20 more sections");
}

} // namespace
} // namespace coracle
