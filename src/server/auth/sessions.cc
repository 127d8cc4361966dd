#include "server/auth/sessions.h"

#include <sys/random.h>

#include "server/auth/keyed_hash.h"
#include "sluice/base/check.h"
#include "sluice/meta/bucket.h"

namespace sluice::server {
namespace {

constexpr std::size_t kKeyBytes = 64;
constexpr std::size_t kNumberDigits = 16;

std::string hexadecimal(std::string_view bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        text += kDigits[value >> 4];
        text += kDigits[value & 15];
    }
    return text;
}

// The two numbers at the beginning of a cookie: `expires`, `nonce`.
struct Numbers {
    std::int64_t expires_s = 0;
    std::uint64_t nonce = 0;
};
std::optional<Numbers> numbers_of(std::string_view cookie) {
    if (cookie.size() < 2 * kNumberDigits) return std::nullopt;
    const auto expires = meta::parse_id(cookie.substr(0, kNumberDigits));
    const auto nonce = meta::parse_id(cookie.substr(kNumberDigits, kNumberDigits));
    if (!expires || !nonce) return std::nullopt;
    return Numbers{static_cast<std::int64_t>(*expires), *nonce};
}

// Compares with every user instead of decoding what a stranger has sent; there are few, and it is
// asked for requests with a cookie only.
const meta::User* user_named_in_hexadecimal(const meta::Catalog& catalog, std::string_view text) {
    for (const auto& user : catalog.users) {
        if (text.size() == 2 * user->name.size() && hexadecimal(user->name) == text) {
            return user.get();
        }
    }
    return nullptr;
}

}  // namespace

std::string draw_session_key() {
    std::string key(kKeyBytes, '\0');
    const auto size = static_cast<::ssize_t>(key.size());
    SLUICE_CHECK(::getrandom(key.data(), key.size(), 0) == size);
    return key;
}

std::string_view session_in(std::string_view cookies) {
    while (!cookies.empty()) {
        const std::size_t end = cookies.find(';');
        std::string_view one = cookies.substr(0, end);
        cookies = end == cookies.npos ? std::string_view() : cookies.substr(end + 1);
        while (one.starts_with(' ')) one.remove_prefix(1);
        if (one.starts_with(kSessionCookie) && one.substr(kSessionCookie.size()).starts_with('=')) {
            return one.substr(kSessionCookie.size() + 1);
        }
    }
    return {};
}

// The hash of the password is part of what is signed, so that a new password ends all sessions of
// the user on every core, without a list of them.
std::string Sessions::signature_of(std::string_view text, const meta::User& user) const {
    // The text has no blank and says where it ends.
    const std::string message = std::string(text) + " " + user.password_hash;
    return hexadecimal(hash_with_key(Sha2::kSha256, key_, message).text());
}

// EXPIRES NONCE NAME "." SIGNATURE, the first two as 16 hexadecimal digits each.
std::string Sessions::cookie_of(const meta::User& user, std::int64_t now_s,
                                std::uint64_t nonce) const {
    std::string text = meta::id_text(static_cast<std::uint64_t>(now_s + kSessionSeconds)) +
                       meta::id_text(nonce == 0 ? 1 : nonce) + hexadecimal(user.name);
    const std::string signature = signature_of(text, user);
    return text + "." + signature;
}

const meta::User* Sessions::user_of(std::string_view cookie, const meta::Catalog& catalog,
                                    std::int64_t now_s) const {
    const std::size_t dot = cookie.find('.');
    const std::optional<Numbers> numbers = numbers_of(cookie.substr(0, dot));
    if (dot == cookie.npos || !numbers || now_s > numbers->expires_s) return nullptr;
    if (ended_.contains(numbers->nonce)) return nullptr;
    const std::string_view text = cookie.substr(0, dot);
    const meta::User* const user =
        user_named_in_hexadecimal(catalog, text.substr(2 * kNumberDigits));
    if (user == nullptr) return nullptr;
    const bool is_good =
        are_equal_in_constant_time(signature_of(text, *user), cookie.substr(dot + 1));
    return is_good ? user : nullptr;
}

// Remembers a session that was ended before its time, until it would have ended by itself. What has
// is forgotten on the way, so the list is as long as there are sign-outs in a session's life.
void Sessions::end(std::string_view cookie, std::int64_t now_s) {
    std::erase_if(ended_, [now_s](const auto& each) { return now_s > each.second; });
    if (const auto numbers = numbers_of(cookie)) ended_[numbers->nonce] = numbers->expires_s;
}

}  // namespace sluice::server
