#include "server/auth/json_web_token.h"

#include <simdjson.h>

#include <optional>

#include "server/auth/base64.h"
#include "server/auth/keyed_hash.h"

namespace sluice::server {
namespace {

namespace dom = simdjson::dom;

Error refused(std::string text) {
    return Error{ErrorKind::kInvalid, std::move(text)};
}

struct Parts {
    std::string_view header;
    std::string_view claims;
    std::string_view signature;
    std::string_view signed_text;  // header and claims with the dot between
};

// The sentences here are those of github.com/dgrijalva/jwt-go, which InfluxDB 1.8 uses: clients and
// their tests look for them.
Result<Parts> split(std::string_view token) {
    const std::size_t first = token.find('.');
    const std::size_t second = first == token.npos ? first : token.find('.', first + 1);
    if (second == token.npos || token.find('.', second + 1) != token.npos) {
        return refused("token contains an invalid number of segments");
    }
    return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
                 token.substr(second + 1), token.substr(0, second)};
}

// The parts have no padding by the RFC; the library adds what is missing.
Result<std::string> decode(std::string_view part) {
    std::string padded(part);
    while (padded.size() % 4 != 0) padded += '=';
    std::string decoded;
    SLUICE_TRY_VOID(append_base64_decoded(decoded, padded, Base64Alphabet::kUrl));
    return decoded;
}

// What is of interest in both objects. Of equal names the last counts, as in Go.
struct Fields {
    std::optional<std::string> algorithm;
    std::optional<std::string> user;
    std::optional<double> expires;
    std::optional<double> not_before;
    std::optional<double> issued;
};

std::optional<std::string> text_of(const dom::element& element) {
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS) return std::nullopt;
    return std::string(text);
}
std::optional<double> number_of(const dom::element& element) {
    double number = 0;
    if (element.get(number) != simdjson::SUCCESS) return std::nullopt;
    return number;
}

// Header and claims are read alike, as far as they are of interest. A number may come as an integer
// or with a fraction, and what is of another type counts as absent.
Result<Fields> read_object(std::string_view part, std::string_view what) {
    SLUICE_TRY(const std::string json, decode(part));
    dom::parser parser;
    dom::element root;
    dom::object object;
    if (parser.parse(json.data(), json.size(), true).get(root) != simdjson::SUCCESS ||
        root.get(object) != simdjson::SUCCESS) {
        return refused("the " + std::string(what) + " of the token are no JSON object");
    }
    Fields fields;
    for (const dom::key_value_pair field : object) {
        if (field.key == "alg") fields.algorithm = text_of(field.value);
        if (field.key == "username") fields.user = text_of(field.value);
        if (field.key == "exp") fields.expires = number_of(field.value);
        if (field.key == "nbf") fields.not_before = number_of(field.value);
        if (field.key == "iat") fields.issued = number_of(field.value);
    }
    return fields;
}

// Other methods of signing that the library knows, none of which InfluxDB takes.
bool is_known_method(std::string_view name) {
    for (const std::string_view known : {"none", "RS256", "RS384", "RS512", "PS256", "PS384",
                                         "PS512", "ES256", "ES384", "ES512"}) {
        if (name == known) return true;
    }
    return false;
}

// Only methods with a shared secret are taken. "none" in particular is refused, and a method with a
// public key must never be checked against the secret as if that were one.
Result<Sha2> method_of(const Fields& header) {
    if (!header.algorithm) return refused("signing method (alg) is unspecified.");
    const std::string& name = *header.algorithm;
    if (name == "HS256") return Sha2::kSha256;
    if (name == "HS384") return Sha2::kSha384;
    if (name == "HS512") return Sha2::kSha512;
    if (is_known_method(name)) return refused("unexpected signing method: " + name);
    return refused("signing method (alg) is unavailable.");
}

// Go takes a time without its fraction, and makes nothing sensible of one beyond 64 bits.
bool has_passed(double time_s, std::int64_t now_s) {
    if (!(time_s < 9.2e18)) return true;
    return time_s <= -9.2e18 || now_s > static_cast<std::int64_t>(time_s);
}
bool is_ahead(double time_s, std::int64_t now_s) {
    if (!(time_s < 9.2e18)) return true;
    return time_s > -9.2e18 && now_s < static_cast<std::int64_t>(time_s);
}

Result<void> check_times(const Fields& claims, std::int64_t now_s) {
    // A time of 0 is as if there were none, and the last complaint is the one that is heard.
    const auto said = [](const std::optional<double>& time) { return time && *time != 0; };
    if (said(claims.not_before) && is_ahead(*claims.not_before, now_s)) {
        return refused("Token is not valid yet");
    }
    if (said(claims.issued) && is_ahead(*claims.issued, now_s)) {
        return refused("Token used before issued");
    }
    if (said(claims.expires) && has_passed(*claims.expires, now_s)) {
        return refused("Token is expired");
    }
    return {};
}

}  // namespace

// The order decides which sentence is heard: form, method, signature, times, and then what InfluxDB
// asks for beside them (services/httpd/handler.go: authenticate). No claim is believed before the
// signature has been checked.
Result<TokenClaims> verify_token(std::string_view token, std::string_view secret,
                                 std::int64_t now_s) {
    if (token.size() > kTokenBytesMax) return refused("the token is too long");
    SLUICE_TRY(const Parts parts, split(token));
    SLUICE_TRY(const Fields header, read_object(parts.header, "header fields"));
    SLUICE_TRY(Fields claims, read_object(parts.claims, "claims"));
    SLUICE_TRY(const Sha2 method, method_of(header));
    SLUICE_TRY(const std::string signature, decode(parts.signature));
    const HashCode expected = hash_with_key(method, secret, parts.signed_text);
    if (!are_equal_in_constant_time(signature, expected.text())) {
        return refused("signature is invalid");
    }
    SLUICE_TRY_VOID(check_times(claims, now_s));
    if (!claims.expires || *claims.expires <= 0) return refused("token expiration required");
    if (!claims.user) return refused("username in token must be a string");
    if (claims.user->empty()) return refused("token must contain a username");
    return TokenClaims{std::move(*claims.user), static_cast<std::int64_t>(*claims.expires)};
}

}  // namespace sluice::server
