#include "server/auth/keyed_hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include <cstring>

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

// The one-call form of OpenSSL: it is used once for a token or a cookie, where setting up costs
// little beside the rest.
HashCode hash_with_key(Sha2 algorithm, std::string_view key, std::string_view message) {
    HashCode code;
    unsigned size = 0;
    SLUICE_CHECK(HMAC(digest_of(algorithm), key.data(), static_cast<int>(key.size()),
                      bytes_of(message), message.size(), code.bytes.data(), &size) != nullptr);
    code.size = size;
    return code;
}

// The key is drawn at the start and never leaves the process. It is cleansed at the end, because
// memory that is freed may be read later.
struct KeyedHash::State {
    std::array<unsigned char, 32> key{};
    EVP_MD* algorithm = nullptr;
    EVP_MD_CTX* context = nullptr;
    ~State() {
        OPENSSL_cleanse(key.data(), key.size());
        EVP_MD_CTX_free(context);
        EVP_MD_free(algorithm);
    }
};

KeyedHash::KeyedHash() : state_(std::make_unique<State>()) {
    const auto size = static_cast<::ssize_t>(state_->key.size());
    SLUICE_CHECK(::getrandom(state_->key.data(), state_->key.size(), 0) == size);
    state_->algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    state_->context = EVP_MD_CTX_new();
    SLUICE_CHECK(state_->algorithm != nullptr && state_->context != nullptr);
}

KeyedHash::~KeyedHash() = default;

KeyedHash::Code KeyedHash::of(std::string_view first, std::string_view second,
                              std::string_view third) {
    EVP_MD_CTX* const context = state_->context;
    // The sizes are part of the message: without them "ab" with "c" and "a" with "bc" would be the
    // same. A key in front of SHA-256 would allow an extension to a longer message, which nobody
    // can submit here: codes are not shown.
    const std::uint64_t sizes[3] = {first.size(), second.size(), third.size()};
    Code code;
    unsigned size = 0;
    const bool done = EVP_DigestInit_ex2(context, state_->algorithm, nullptr) == 1 &&
                      EVP_DigestUpdate(context, state_->key.data(), state_->key.size()) == 1 &&
                      EVP_DigestUpdate(context, sizes, sizeof sizes) == 1 &&
                      EVP_DigestUpdate(context, first.data(), first.size()) == 1 &&
                      EVP_DigestUpdate(context, second.data(), second.size()) == 1 &&
                      EVP_DigestUpdate(context, third.data(), third.size()) == 1 &&
                      EVP_DigestFinal_ex(context, code.data(), &size) == 1;
    SLUICE_CHECK(done && size == code.size());
    return code;
}

std::string_view text_of(const KeyedHash::Code& code) {
    return {reinterpret_cast<const char*>(code.data()), code.size()};
}

std::uint64_t number_of(const KeyedHash::Code& code) {
    std::uint64_t number = 0;
    std::memcpy(&number, code.data(), sizeof number);
    return number;
}

}  // namespace sluice::server
