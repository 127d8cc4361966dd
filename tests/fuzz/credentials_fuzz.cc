// Credentials and tokens: any bytes are read into parts of what came, or refused with a text, and
// no token is good that was not signed. The input is the target's parameters, a newline, and the
// header.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/auth/credentials.h"
#include "server/auth/json_web_token.h"
#include "server/auth/keyed_hash.h"

namespace {

using namespace sluice;
using namespace sluice::server;

constexpr std::string_view kSecret = "sesame";

void check_token(std::string_view token) {
    constexpr std::int64_t kNow = 1'790'000'000;
    const Result<TokenClaims> claims = verify_token(token, kSecret, kNow);
    if (!claims.ok()) {
        if (claims.error().message.empty()) std::abort();
        return;
    }
    if (claims->user.empty() || claims->expires_s < kNow) std::abort();
    if (token.size() > kTokenBytesMax) std::abort();
}

// Whatever the parts are, signed as they should be, so that what lies behind the signature is read.
void check_signed(std::string_view claims) {
    const std::string text = "eyJhbGciOiJIUzI1NiJ9." + std::string(claims);
    const HashCode code = hash_with_key(Sha2::kSha256, kSecret, text);
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string signature;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : code.text()) {
        bits = bits << 8 | static_cast<unsigned char>(c);
        for (count += 8; count >= 6; count -= 6) signature += kDigits[bits >> (count - 6) & 63];
    }
    if (count != 0) signature += kDigits[bits << (6 - count) & 63];
    check_token(text + "." + signature);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t line = std::min(input.find('\n'), size);
    const std::string_view header = input.substr(std::min(line + 1, size));
    http::Parameters parameters;
    parameters.parse(input.substr(0, line));
    static Credentials credentials;
    credentials.read(parameters, header);
    switch (credentials.kind()) {
        case Credentials::Kind::kNone:
            if (!credentials.token().empty()) std::abort();
            break;
        case Credentials::Kind::kPassword:
            if (credentials.user().size() + credentials.password().size() > size) std::abort();
            break;
        case Credentials::Kind::kToken:
            if (header.find(credentials.token()) == header.npos) std::abort();
            check_token(credentials.token());
            break;
    }
    check_signed(header);
    return 0;
}
