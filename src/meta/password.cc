#include "sluice/meta/password.h"

#include <crypt.h>

#include <cerrno>
#include <memory>

namespace sluice::meta {
namespace {

constexpr const char* kBcryptPrefix = "$2b$";
// 2^10 rounds: bcrypt.DefaultCost of Go, which InfluxDB takes.
constexpr unsigned long kBcryptCost = 10;

// Empty when crypt(3) refuses.
std::string crypt_with(std::string_view setting, std::string_view password) {
    if (password.find('\0') != std::string_view::npos) return {};
    // 32 KiB: too large for a stack that is not ours.
    const auto data = std::make_unique<crypt_data>();
    const char* hash =
        crypt_r(std::string(password).c_str(), std::string(setting).c_str(), data.get());
    // A failure is a text that starts with an asterisk, never a hash.
    return hash == nullptr || *hash == '*' ? std::string() : std::string(hash);
}

bool are_equal_in_constant_time(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i] ^ b[i]));
    }
    return difference == 0;
}

}  // namespace

Result<std::string> hash_password(std::string_view password) {
    if (password.find('\0') != std::string_view::npos) {
        return Error{ErrorKind::kInvalid, "a password cannot hold a zero byte"};
    }
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    if (crypt_gensalt_rn(kBcryptPrefix, kBcryptCost, nullptr, 0, setting, sizeof setting) ==
        nullptr) {
        return os_failure(errno, "make a salt");
    }
    std::string hash = crypt_with(setting, password);
    if (hash.empty()) return os_failure(errno, "hash a password");
    return hash;
}

bool password_matches(std::string_view hash, std::string_view password) {
    const std::string computed = crypt_with(hash, password);
    return !computed.empty() && are_equal_in_constant_time(computed, hash);
}

}  // namespace sluice::meta
