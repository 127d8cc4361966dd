#include "sluice/tls/context.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>
#include <string_view>

#include "openssl_error.h"
#include "sluice/base/check.h"
#include "versions.h"

namespace sluice::tls {
namespace {

// Both sides hide the key they agree on; data is authenticated. The shorter AES comes first: it is
// the cheaper one, and nobody breaks either.
constexpr const char* kCiphersUpTo12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kCiphersFrom13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384";

constexpr std::string_view kHttp11 = "http/1.1";

struct BioDeleter {
    void operator()(BIO* bio) const { BIO_free(bio); }
};
struct CertificateDeleter {
    void operator()(X509* certificate) const { X509_free(certificate); }
};
struct KeyDeleter {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, BioDeleter>;
using Certificate = std::unique_ptr<X509, CertificateDeleter>;
using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;

Error invalid(std::string text) {
    return Error{ErrorKind::kInvalid, std::move(text)};
}

Bio reader_of(const PemText& pem) {
    return Bio(BIO_new_mem_buf(pem.text.data(), static_cast<int>(pem.text.size())));
}

// Nobody sits at a terminal to be asked for the password of a key.
int refuse_password(char*, int, int, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

// All certificates of a text; at least one.
Result<std::vector<Certificate>> read_certificates(const PemText& pem) {
    std::vector<Certificate> certificates;
    const Bio reader = reader_of(pem);
    bool asked = false;
    while (X509* const each = PEM_read_bio_X509(reader.get(), nullptr, &refuse_password, &asked)) {
        certificates.emplace_back(each);
    }
    const unsigned long last = ERR_peek_last_error();
    const bool at_end =
        ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
    const std::string why = take_openssl_error();
    if (!at_end) return invalid(pem.name + ": a certificate in it cannot be read: " + why);
    if (certificates.empty()) return invalid(pem.name + " holds no certificate in PEM form");
    return certificates;
}

std::int64_t seconds_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return 0;
    return timegm(&parts);
}

// HTTP/1.1 to whoever asks for a list of protocols; those who do not find theirs decide themselves.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length,
                    const unsigned char* offered, unsigned offered_bytes, void*) {
    for (unsigned at = 0; at < offered_bytes; at += 1u + offered[at]) {
        const std::string_view name(reinterpret_cast<const char*>(offered + at + 1), offered[at]);
        if (name != kHttp11) continue;
        *chosen = offered + at + 1;
        *length = offered[at];
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

TicketKeys random_ticket_keys() {
    TicketKeys keys;
    SLUICE_CHECK(RAND_bytes(keys.data(), static_cast<int>(keys.size())) == 1);
    return keys;
}

Context::~Context() {
    SSL_CTX_free(handle_);
}

Result<void> Context::apply(const Versions& versions) {
    SLUICE_TRY_VOID(check_versions(versions));
    SLUICE_TRY(const int min, version_number(versions.min, "tls.min-version", TLS1_2_VERSION));
    SLUICE_TRY(const int max, version_number(versions.max, "tls.max-version", TLS1_3_VERSION));
    SLUICE_TRY(const CipherLists lists, cipher_lists(versions.ciphers));
    SSL_CTX_set_min_proto_version(handle_, min);
    SSL_CTX_set_max_proto_version(handle_, max);
    const bool up_to_1_2 = !lists.up_to_1_2.empty();
    if (SSL_CTX_set_cipher_list(handle_, up_to_1_2 ? lists.up_to_1_2.c_str() : kCiphersUpTo12) !=
            1 ||
        SSL_CTX_set_ciphersuites(
            handle_, lists.from_1_3.empty() ? kCiphersFrom13 : lists.from_1_3.c_str()) != 1) {
        return invalid("tls.ciphers: this OpenSSL offers none of them: " + take_openssl_error());
    }
    SSL_CTX_set1_groups_list(handle_, kGroups);
    return {};
}

Result<void> Context::use_certificates(const PemText& pem) {
    SLUICE_TRY(std::vector<Certificate> certificates, read_certificates(pem));
    if (SSL_CTX_use_certificate(handle_, certificates[0].get()) != 1) {
        return invalid(pem.name + ": the certificate cannot be used: " + take_openssl_error());
    }
    for (std::size_t i = 0; i < certificates.size(); ++i) {
        const X509* const each = certificates[i].get();
        const std::int64_t not_after_s = seconds_of(X509_get0_notAfter(each));
        not_after_s_ = i == 0 ? not_after_s : std::min(not_after_s_, not_after_s);
        not_before_s_ = std::max(not_before_s_, seconds_of(X509_get0_notBefore(each)));
        if (i > 0 && SSL_CTX_add1_chain_cert(handle_, certificates[i].get()) != 1) {
            return invalid(pem.name + ": certificate " + std::to_string(i + 1) +
                           " cannot be used: " + take_openssl_error());
        }
    }
    return {};
}

Result<void> Context::use_private_key(const PemText& pem, const std::string& certificates_name) {
    bool asked = false;
    const Key key(PEM_read_bio_PrivateKey(reader_of(pem).get(), nullptr, &refuse_password, &asked));
    if (key == nullptr) {
        ERR_clear_error();
        if (asked) return invalid(pem.name + ": the private key in it is encrypted");
        return invalid(pem.name + " holds no private key in PEM form");
    }
    if (SSL_CTX_use_PrivateKey(handle_, key.get()) != 1 ||
        SSL_CTX_check_private_key(handle_) != 1) {
        ERR_clear_error();
        return invalid("the private key in " + pem.name +
                       " does not belong to the first certificate in " + certificates_name);
    }
    return {};
}

Result<void> Context::trust(const PemText& pem, bool tell_clients) {
    SLUICE_TRY(const std::vector<Certificate> authorities, read_certificates(pem));
    X509_STORE* const store = SSL_CTX_get_cert_store(handle_);
    for (const Certificate& each : authorities) {
        X509_STORE_add_cert(store, each.get());
        if (tell_clients) SSL_CTX_add_client_CA(handle_, each.get());
    }
    return {};
}

Result<std::shared_ptr<Context>> Context::for_server(const ServerOptions& options,
                                                     const TicketKeys& keys) {
    ERR_clear_error();
    std::shared_ptr<Context> context(new Context(SSL_CTX_new(TLS_server_method()), true));
    SSL_CTX* const handle = context->handle_;
    SLUICE_CHECK(handle != nullptr);
    SSL_CTX_set_options(
        handle, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    // An idle connection keeps no buffers of records.
    SSL_CTX_set_mode(handle, SSL_MODE_RELEASE_BUFFERS);
    SLUICE_TRY_VOID(context->apply(options.versions));
    SLUICE_TRY_VOID(context->use_certificates(options.certificates));
    SLUICE_TRY_VOID(context->use_private_key(options.private_key, options.certificates.name));
    if (!options.client_authorities.text.empty()) {
        SLUICE_TRY_VOID(context->trust(options.client_authorities, true));
        SSL_CTX_set_verify(
            handle,
            SSL_VERIFY_PEER | (options.client_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
            nullptr);
    }
    // Sessions lie in the client's tickets, and nothing here remembers them. One ticket for each
    // handshake: the clients are agents that keep a connection.
    SSL_CTX_set_session_cache_mode(handle, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(handle, 1);
    constexpr std::string_view kSessions = "sluice";
    SSL_CTX_set_session_id_context(handle, reinterpret_cast<const unsigned char*>(kSessions.data()),
                                   kSessions.size());
    context->set_ticket_keys(keys);
    SSL_CTX_set_alpn_select_cb(handle, &choose_protocol, nullptr);
    return context;
}

Result<std::shared_ptr<Context>> Context::for_client(const ClientOptions& options) {
    ERR_clear_error();
    std::shared_ptr<Context> context(new Context(SSL_CTX_new(TLS_client_method()), false));
    SSL_CTX* const handle = context->handle_;
    SLUICE_CHECK(handle != nullptr);
    SSL_CTX_set_options(handle, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(handle, SSL_MODE_RELEASE_BUFFERS);
    SLUICE_TRY_VOID(context->apply({}));
    context->verifies_server_ = options.verify;
    if (!options.verify) return context;
    SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nullptr);
    if (!options.authorities.text.empty()) {
        SLUICE_TRY_VOID(context->trust(options.authorities, false));
    } else {
        SSL_CTX_set_default_verify_paths(handle);
        ERR_clear_error();
    }
    return context;
}

void Context::set_ticket_keys(const TicketKeys& keys) {
    TicketKeys copy = keys;
    SLUICE_CHECK(
        SSL_CTX_set_tlsext_ticket_keys(handle_, copy.data(), static_cast<int>(copy.size())) == 1);
    OPENSSL_cleanse(copy.data(), copy.size());
}

}  // namespace sluice::tls
