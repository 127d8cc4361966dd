#include "server/auth/keyed_hash.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include "sluice/base/check.h"

namespace sluice::server {
namespace {

const EVP_MD* digest_of(Sha2 algorithm) {
    switch (algorithm) {
        case Sha2::kSha256:
            return EVP_sha256();
        case Sha2::kSha384:
            return EVP_sha384();
        case Sha2::kSha512:
            return EVP_sha512();
    }
    return nullptr;
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

bool are_equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(char* bytes, std::size_t size) {
    OPENSSL_cleanse(bytes, size);
}

HashCode hash_with_key(Sha2 algorithm, std::string_view key, std::string_view message) {
    HashCode code;
    unsigned size = 0;
    SLUICE_CHECK(HMAC(digest_of(algorithm), key.data(), static_cast<int>(key.size()),
                      bytes_of(message), message.size(), code.bytes.data(), &size) != nullptr);
    code.size = size;
    return code;
}

struct KeyedHash::State {
    EVP_MAC* algorithm = nullptr;
    EVP_MAC_CTX* context = nullptr;
    ~State() {
        EVP_MAC_CTX_free(context);
        EVP_MAC_free(algorithm);
    }
};

KeyedHash::KeyedHash() : state_(std::make_unique<State>()) {
    unsigned char key[32];
    SLUICE_CHECK(::getrandom(key, sizeof key, 0) == sizeof key);
    state_->algorithm = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
    SLUICE_CHECK(state_->algorithm != nullptr);
    state_->context = EVP_MAC_CTX_new(state_->algorithm);
    SLUICE_CHECK(state_->context != nullptr);
    char name[] = OSSL_DIGEST_NAME_SHA2_256;
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end(),
    };
    SLUICE_CHECK(EVP_MAC_init(state_->context, key, sizeof key, parameters) == 1);
    OPENSSL_cleanse(key, sizeof key);
}

KeyedHash::~KeyedHash() = default;

KeyedHash::Code KeyedHash::of(std::string_view first, std::string_view second,
                              std::string_view third) {
    EVP_MAC_CTX* const context = state_->context;
    const std::uint64_t sizes[3] = {first.size(), second.size(), third.size()};
    Code code;
    std::size_t size = 0;
    // Without a key the last one counts.
    const bool done =
        EVP_MAC_init(context, nullptr, 0, nullptr) == 1 &&
        EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(sizes), sizeof sizes) == 1 &&
        EVP_MAC_update(context, bytes_of(first), first.size()) == 1 &&
        EVP_MAC_update(context, bytes_of(second), second.size()) == 1 &&
        EVP_MAC_update(context, bytes_of(third), third.size()) == 1 &&
        EVP_MAC_final(context, code.data(), &size, code.size()) == 1;
    SLUICE_CHECK(done && size == code.size());
    return code;
}

}  // namespace sluice::server
