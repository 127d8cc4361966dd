#include "versions.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <string_view>

#include "sluice/tls/context.h"

namespace sluice::tls {
namespace {

Error invalid(std::string text) {
    return Error{ErrorKind::kInvalid, std::move(text)};
}

// OpenSSL's own name, or null. Go leaves the hash out where there is only one.
const char* openssl_name(const std::string& name) {
    for (const std::string& each : {name, name + "_SHA256"}) {
        const char* const found = OPENSSL_cipher_name(each.c_str());
        if (found != nullptr && std::string_view(found) != "(NONE)") return found;
    }
    return nullptr;
}

bool is_of_1_3(const std::string& name) {
    return name == "TLS_AES_128_GCM_SHA256" || name == "TLS_AES_256_GCM_SHA384" ||
           name == "TLS_CHACHA20_POLY1305_SHA256";
}

void append(std::string& list, std::string_view name) {
    if (!list.empty()) list += ':';
    list += name;
}

}  // namespace

Result<int> version_number(const std::string& text, const char* setting, int absent) {
    std::string upper(text);
    std::ranges::transform(upper, upper.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    if (upper.starts_with("TLS")) upper.erase(0, 3);
    if (upper.empty() && text.empty()) return absent;
    if (upper == "1.2") return TLS1_2_VERSION;
    if (upper == "1.3") return TLS1_3_VERSION;
    if (upper == "1.0" || upper == "1.1") {
        return invalid(std::string(setting) + ": \"" + text +
                       "\" is broken and not offered; name \"tls1.2\" or \"tls1.3\"");
    }
    return invalid(std::string(setting) + ": unknown version \"" + text +
                   "\"; name \"tls1.2\" or \"tls1.3\"");
}

Result<CipherLists> cipher_lists(const std::vector<std::string>& names) {
    CipherLists lists;
    for (const std::string& name : names) {
        if (is_of_1_3(name)) {
            append(lists.from_1_3, name);
            continue;
        }
        const char* const found = openssl_name(name);
        if (found == nullptr) {
            return invalid("tls.ciphers: unknown cipher \"" + name +
                           "\"; a right one is \"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\"");
        }
        append(lists.up_to_1_2, found);
    }
    return lists;
}

Result<void> check_versions(const Versions& versions) {
    SLUICE_TRY(const int min, version_number(versions.min, "tls.min-version", TLS1_2_VERSION));
    SLUICE_TRY(const int max, version_number(versions.max, "tls.max-version", TLS1_3_VERSION));
    if (min > max) return invalid("tls.min-version: it is above tls.max-version");
    const auto lists = cipher_lists(versions.ciphers);
    if (!lists.ok()) return lists.error();
    return {};
}

}  // namespace sluice::tls
