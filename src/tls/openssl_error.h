// What OpenSSL says of its last failure, in words.
#pragma once

#include <string>

namespace sluice::tls {

// The reason alone ("wrong version number"), and the queue of errors is empty afterwards. Never
// empty.
std::string take_openssl_error();

}  // namespace sluice::tls
