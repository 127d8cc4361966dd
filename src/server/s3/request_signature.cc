#include "server/s3/request_signature.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "server/auth/keyed_hash.h"
#include "sluice/http/url.h"

namespace sluice::server {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t kDateSize = 8;  // of the time

std::string hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
    return out;
}

// Each byte but a slash as in a parameter. S3 does not look at a path as at one of folders: "//"
// and ".." stand for themselves.
std::string encoded_path(std::string_view path) {
    std::string out;
    while (true) {
        const std::size_t end = std::min(path.find('/'), path.size());
        http::append_encoded(out, path.substr(0, end));
        if (end == path.size()) return out;
        out += '/';
        path.remove_prefix(end + 1);
    }
}

// In the order of their encoded names, then values.
std::string encoded_query(const SignableRequest& request) {
    std::vector<std::pair<std::string, std::string>> encoded;
    for (const auto& [name, value] : request.query) {
        auto& [to_name, to_value] = encoded.emplace_back();
        http::append_encoded(to_name, name);
        http::append_encoded(to_value, value);
    }
    std::sort(encoded.begin(), encoded.end());
    std::string out;
    for (const auto& [name, value] : encoded) {
        if (!out.empty()) out += '&';
        out += name + '=' + value;
    }
    return out;
}

// Without blanks at the ends, and with one where there are several.
std::string trimmed(std::string_view value) {
    std::string out;
    for (const char c : value) {
        if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
        out += c;
    }
    if (out.ends_with(' ')) out.pop_back();
    return out;
}

using Headers = std::vector<std::pair<std::string, std::string>>;

Headers sorted_headers(const SignableRequest& request) {
    Headers headers = request.headers;
    std::stable_sort(headers.begin(), headers.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    return headers;
}

std::string signed_names(const Headers& headers) {
    std::string names;
    for (const auto& [name, value] : headers) {
        if (!names.empty()) names += ';';
        names += name;
    }
    return names;
}

std::string scope_text(std::string_view time, const SignatureScope& scope) {
    return std::string(time.substr(0, kDateSize)) + '/' + scope.region + '/' + scope.service +
           "/aws4_request";
}

}  // namespace

std::string sha256_hex(ByteSpan bytes) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> code{};
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), code.data());
    return hex({reinterpret_cast<const char*>(code.data()), code.size()});
}

std::string request_target(const SignableRequest& request) {
    std::string target = encoded_path(request.path);
    if (!request.query.empty()) target += '?' + encoded_query(request);
    return target;
}

std::string signature_time(std::int64_t wall_ns) {
    const std::chrono::sys_time<std::chrono::nanoseconds> time{std::chrono::nanoseconds(wall_ns)};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - day)};
    char text[64];
    std::snprintf(text, sizeof text, "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text;
}

std::string canonical_request(const SignableRequest& request) {
    const Headers headers = sorted_headers(request);
    std::string text =
        request.method + '\n' + encoded_path(request.path) + '\n' + encoded_query(request) + '\n';
    for (const auto& [name, value] : headers) text += name + ':' + trimmed(value) + '\n';
    return text + '\n' + signed_names(headers) + '\n' + request.payload_hash;
}

std::string string_to_sign(std::string_view canonical, std::string_view time,
                           const SignatureScope& scope) {
    return std::string(kAlgorithm) + '\n' + std::string(time) + '\n' + scope_text(time, scope) +
           '\n' + sha256_hex(as_byte_span(canonical));
}

std::string signing_key(const S3Credentials& credentials, std::string_view time,
                        const SignatureScope& scope) {
    std::string key = "AWS4" + credentials.secret;
    for (const std::string_view part :
         {time.substr(0, kDateSize), std::string_view(scope.region),
          std::string_view(scope.service), std::string_view("aws4_request")}) {
        const std::string next(hash_with_key(Sha2::kSha256, key, part).text());
        wipe(key.data(), key.size());
        key = next;
    }
    return key;
}

std::string authorization_of(const SignableRequest& request, const S3Credentials& credentials,
                             std::string_view time, const SignatureScope& scope) {
    std::string key = signing_key(credentials, time, scope);
    const std::string signature = hex(
        hash_with_key(Sha2::kSha256, key, string_to_sign(canonical_request(request), time, scope))
            .text());
    wipe(key.data(), key.size());
    return std::string(kAlgorithm) + " Credential=" + credentials.key_id + '/' +
           scope_text(time, scope) + ", SignedHeaders=" + signed_names(sorted_headers(request)) +
           ", Signature=" + signature;
}

void sign_request(SignableRequest& request, const S3Credentials& credentials, std::int64_t wall_ns,
                  const SignatureScope& scope) {
    const std::string time = signature_time(wall_ns);
    request.headers.emplace_back("x-amz-content-sha256", request.payload_hash);
    request.headers.emplace_back("x-amz-date", time);
    if (!credentials.session_token.empty()) {
        request.headers.emplace_back("x-amz-security-token", credentials.session_token);
    }
    request.headers.emplace_back("authorization",
                                 authorization_of(request, credentials, time, scope));
}

}  // namespace sluice::server
