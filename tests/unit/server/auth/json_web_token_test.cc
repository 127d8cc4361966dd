// The answers are those of InfluxDB 1.6.7 to the same tokens.
#include "server/auth/json_web_token.h"

#include <gtest/gtest.h>

#include "server/auth/keyed_hash.h"

namespace sluice::server {
namespace {

constexpr std::string_view kSecret = "sesame";
constexpr std::int64_t kNow = 1'790'000'000;

std::string encoded(std::string_view bytes) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(c);
        count += 8;
        while (count >= 6) {
            count -= 6;
            out += kDigits[bits >> count & 63];
        }
    }
    if (count != 0) out += kDigits[bits << (6 - count) & 63];
    return out;
}

std::string token_of(std::string_view header, std::string_view claims, Sha2 method = Sha2::kSha256,
                     std::string_view secret = kSecret) {
    const std::string text = encoded(header) + "." + encoded(claims);
    return text + "." + encoded(hash_with_key(method, secret, text).text());
}

std::string answer(std::string_view token) {
    const Result<TokenClaims> claims = verify_token(token, kSecret, kNow);
    return claims.ok() ? "user " + claims->user : claims.error().message;
}

constexpr const char* kHs256 = R"({"alg":"HS256","typ":"JWT"})";
constexpr const char* kGood = R"({"username":"root","exp":1790000010})";

TEST(JsonWebToken, ClaimsAreLookedAtAsInInfluxDB) {
    struct Case {
        const char* claims;
        const char* expected;
    };
    for (const Case& each : std::initializer_list<Case>{
             {kGood, "user root"},
             {R"({"username":"root","exp":1790000000.5})", "user root"},
             {R"({"username":"root","exp":1789999999})", "Token is expired"},
             {R"({"username":"root","exp":-5})", "Token is expired"},
             {R"({"username":"root","exp":1e300})", "Token is expired"},
             {R"({"username":"root"})", "token expiration required"},
             {R"({"username":"root","exp":0})", "token expiration required"},
             {R"({"username":"root","exp":"x"})", "token expiration required"},
             {R"({"exp":1790000010})", "username in token must be a string"},
             {R"({"username":5,"exp":1790000010})", "username in token must be a string"},
             {R"({"Username":"root","exp":1790000010})", "username in token must be a string"},
             {R"({"username":"","exp":1790000010})", "token must contain a username"},
             {R"({"username":"root","exp":1790000010,"nbf":1790000005})", "Token is not valid yet"},
             {R"({"username":"root","exp":1790000010,"nbf":1790000000})", "user root"},
             {R"({"username":"root","exp":1790000010,"iat":1790000005})",
              "Token used before issued"},
             {R"({"username":"root","exp":1789999999,"nbf":1790000005})", "Token is not valid yet"},
             {R"({"username":"zed","exp":1,"username":"root","exp":9999999999})", "user root"},
             {R"({"username":"ro\u006ft","exp":9999999999})", "user root"},
             {"{x", "the claims of the token are no JSON object"},
             {"[]", "the claims of the token are no JSON object"}}) {
        EXPECT_EQ(answer(token_of(kHs256, each.claims)), each.expected) << each.claims;
    }
}

TEST(JsonWebToken, SaysHowLongItIsGood) {
    const auto expires = [](std::string_view end) {
        const std::string claims = R"({"username":"root","exp":)" + std::string(end) + "}";
        return verify_token(token_of(kHs256, claims), kSecret, kNow)->expires_s;
    };
    EXPECT_EQ(expires("1790000010"), 1'790'000'010);
    EXPECT_EQ(expires("1790000010.9"), 1'790'000'010);
    EXPECT_EQ(expires("9e18"), 9'000'000'000'000'000'000);
}

TEST(JsonWebToken, MethodsOfSigning) {
    EXPECT_EQ(answer(token_of(R"({"alg":"HS384"})", kGood, Sha2::kSha384)), "user root");
    EXPECT_EQ(answer(token_of(R"({"alg":"HS512"})", kGood, Sha2::kSha512)), "user root");
    EXPECT_EQ(answer(token_of(R"({"alg":"HS512"})", kGood, Sha2::kSha256)), "signature is invalid");
    EXPECT_EQ(answer(token_of(R"({"alg":"none"})", kGood)), "unexpected signing method: none");
    EXPECT_EQ(answer(encoded(R"({"alg":"none"})") + "." + encoded(kGood) + "."),
              "unexpected signing method: none");
    EXPECT_EQ(answer(token_of(R"({"alg":"RS256"})", kGood)), "unexpected signing method: RS256");
    EXPECT_EQ(answer(token_of(R"({"alg":"XX"})", kGood)), "signing method (alg) is unavailable.");
    EXPECT_EQ(answer(token_of(R"({"alg":"hs256"})", kGood)),
              "signing method (alg) is unavailable.");
    EXPECT_EQ(answer(token_of(R"({"typ":"JWT"})", kGood)), "signing method (alg) is unspecified.");
    EXPECT_EQ(answer(token_of(R"({"alg":5})", kGood)), "signing method (alg) is unspecified.");
}

TEST(JsonWebToken, ForgeriesAndGarbage) {
    const std::string good = token_of(kHs256, kGood);
    EXPECT_EQ(answer(good), "user root");
    EXPECT_EQ(answer(good + "="), "user root");
    EXPECT_EQ(answer(token_of(kHs256, kGood, Sha2::kSha256, "other")), "signature is invalid");
    EXPECT_EQ(answer(token_of(kHs256, kGood, Sha2::kSha256, "")), "signature is invalid");
    EXPECT_EQ(answer(token_of(kHs256, R"({"exp":1})", Sha2::kSha256, "other")),
              "signature is invalid");
    EXPECT_EQ(answer(good.substr(0, good.rfind('.') + 1)), "signature is invalid");
    EXPECT_EQ(answer(good.substr(0, good.size() - 3) + "!!!"),
              "illegal base64 data at input byte 40");
    EXPECT_EQ(answer(""), "token contains an invalid number of segments");
    EXPECT_EQ(answer("a.b"), "token contains an invalid number of segments");
    EXPECT_EQ(answer("a.b.c.d"), "token contains an invalid number of segments");
    EXPECT_EQ(answer("a.b.c"), "illegal base64 data at input byte 1");
    EXPECT_EQ(answer(".."), "the header fields of the token are no JSON object");
    EXPECT_EQ(answer(std::string(kTokenBytesMax + 1, 'a')), "the token is too long");
}

// Each bit of the signed text and of the signature matters, but for those that base64 leaves open.
TEST(JsonWebToken, AnyOtherLetterIsRefused) {
    const std::string good = token_of(kHs256, kGood);
    for (std::size_t i = 0; i + 1 < good.size(); ++i) {
        std::string changed = good;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_NE(answer(changed), "user root") << i;
    }
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_NE(answer(good.substr(0, size)), "user root") << size;
    }
}

}  // namespace
}  // namespace sluice::server
