// A Context is what the TLS connections of one core have in common: certificate and key, whom to
// trust, versions and ciphers. It is OpenSSL's SSL_CTX, made from texts: this room opens no file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"

struct ssl_ctx_st;

namespace sluice::tls {

// What a file in PEM form holds, and the name by which errors call it.
struct PemText {
    std::string name;
    std::string text;
};

// The names are those of InfluxDB's configuration, section [tls], which are Go's.
struct Versions {
    std::string min;                   // "tls1.2" or "tls1.3"; empty: 1.2
    std::string max;                   // likewise; empty: 1.3
    std::vector<std::string> ciphers;  // "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"; empty: good ones
};

// Fails with kInvalid and a sentence that begins with the setting's name.
Result<void> check_versions(const Versions& versions);

struct ServerOptions {
    PemText certificates;  // that of the server first, then those between it and a root
    PemText private_key;
    PemText client_authorities;  // empty: clients show no certificate
    bool client_required = true;
    Versions versions;
};

struct ClientOptions {
    PemText authorities;  // empty: those that the system trusts
    bool verify = true;
};

// Servers that have the same keys take up each other's sessions.
using TicketKeys = std::array<unsigned char, 80>;
TicketKeys random_ticket_keys();

// One thread at a time uses it and its sessions; which one may change while it has none.
class Context {
public:
    // kInvalid, with a sentence for the operator: a text that is no PEM, a key that belongs to
    // another certificate, a cipher that nobody knows.
    static Result<std::shared_ptr<Context>> for_server(const ServerOptions& options,
                                                       const TicketKeys& keys);
    // May read files of the system's trust store, here and when a peer is verified.
    static Result<std::shared_ptr<Context>> for_client(const ClientOptions& options);

    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context();

    // Tickets that were made with other keys lead to a whole handshake.
    void set_ticket_keys(const TicketKeys& keys);

    // Of a server: when the first of its certificates is no longer valid, and when the last begins
    // to be; seconds since 1970.
    std::int64_t not_after_s() const { return not_after_s_; }
    std::int64_t not_before_s() const { return not_before_s_; }

    bool is_server() const { return is_server_; }
    bool verifies_server() const { return verifies_server_; }
    ssl_ctx_st* handle() const { return handle_; }

private:
    explicit Context(ssl_ctx_st* handle, bool is_server) : handle_(handle), is_server_(is_server) {}

    Result<void> apply(const Versions& versions);
    Result<void> use_certificates(const PemText& pem);
    Result<void> use_private_key(const PemText& pem, const std::string& certificates_name);
    Result<void> trust(const PemText& pem, bool tell_clients);

    ssl_ctx_st* handle_;
    const bool is_server_;
    bool verifies_server_ = false;
    std::int64_t not_after_s_ = 0;
    std::int64_t not_before_s_ = 0;
};

}  // namespace sluice::tls
