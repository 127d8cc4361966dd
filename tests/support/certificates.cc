#include "certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <functional>
#include <memory>

#include "sluice/base/check.h"

namespace sluice::testing {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

std::string text_of(const std::function<int(BIO*)>& write) {
    const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
    SLUICE_CHECK(write(bio.get()) == 1);
    char* bytes = nullptr;
    const long length = BIO_get_mem_data(bio.get(), &bytes);
    return {bytes, static_cast<std::size_t>(length)};
}

Bio reader_of(const std::string& text) {
    return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free};
}

void add_extension(X509& certificate, int kind, const std::string& value) {
    X509_EXTENSION* const extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, kind, const_cast<char*>(value.c_str()));
    SLUICE_CHECK(extension != nullptr && X509_add_ext(&certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

Certificate begin(const CertificateWish& wish, EVP_PKEY* key) {
    static long serial = 1;
    Certificate made(X509_new(), &X509_free);
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), wish.begins_s);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), wish.ends_s);
    X509_set_pubkey(made.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(wish.common_name.data()),
                               static_cast<int>(wish.common_name.size()), -1, 0);
    return made;
}

Certified finish(Certificate certificate, Key key, EVP_PKEY* signer) {
    SLUICE_CHECK(X509_sign(certificate.get(), signer, EVP_sha256()) > 0);
    return {text_of([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); }),
            text_of([&](BIO* bio) {
                return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr,
                                                nullptr);
            })};
}

}  // namespace

Certified make_authority(const std::string& common_name) {
    Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    CertificateWish wish;
    wish.common_name = common_name;
    Certificate made = begin(wish, key.get());
    X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
    add_extension(*made, NID_basic_constraints, "critical,CA:TRUE");
    EVP_PKEY* const signer = key.get();
    return finish(std::move(made), std::move(key), signer);
}

Certified make_certificate(const Certified& authority, const CertificateWish& wish) {
    const Certificate issuer(
        PEM_read_bio_X509(reader_of(authority.certificate).get(), nullptr, nullptr, nullptr),
        &X509_free);
    const Key signer(
        PEM_read_bio_PrivateKey(reader_of(authority.key).get(), nullptr, nullptr, nullptr),
        &EVP_PKEY_free);
    Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    Certificate made = begin(wish, key.get());
    X509_set_issuer_name(made.get(), X509_get_subject_name(issuer.get()));
    if (!wish.names.empty()) add_extension(*made, NID_subject_alt_name, wish.names);
    return finish(std::move(made), std::move(key), signer.get());
}

}  // namespace sluice::testing
