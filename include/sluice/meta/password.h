// Passwords as the catalog keeps them: bcrypt by crypt(3) of libxcrypt, as InfluxDB does.
//
// Each call takes tens of milliseconds by design: never on a core, see io::run_aside().
#pragma once

#include <string>
#include <string_view>

#include "sluice/base/result.h"

namespace sluice::meta {

// Hashes a password with a new salt. As in every bcrypt, bytes of the password behind the 72nd do
// not count. It fails with kInvalid if the password holds a zero byte, where crypt(3) would end it.
Result<std::string> hash_password(std::string_view password);

bool password_matches(std::string_view hash, std::string_view password);

}  // namespace sluice::meta
