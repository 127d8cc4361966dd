#include "openssl_error.h"

#include <openssl/err.h>

namespace sluice::tls {

std::string take_openssl_error() {
    // The first error is the cause, those behind it say who was told.
    const unsigned long code = ERR_peek_error();
    ERR_clear_error();
    if (code == 0) return "OpenSSL does not say why";
    const char* const reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "OpenSSL error " + std::to_string(code);
}

}  // namespace sluice::tls
