// Certificates for tests: made on the spot, with keys on P-256, as texts in PEM form.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::testing {

struct Certified {
    std::string certificate;
    std::string key;
};

struct CertificateWish {
    std::string common_name = "localhost";
    std::string names = "DNS:localhost,IP:127.0.0.1";  // subjectAltName, as OpenSSL writes it
    std::int64_t begins_s = -3600;                     // seconds from now
    std::int64_t ends_s = 30 * 86400;
};

// An authority that signs itself.
Certified make_authority(const std::string& common_name);
Certified make_certificate(const Certified& authority, const CertificateWish& wish);

}  // namespace sluice::testing
