#include "server/s3/credentials_source.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "server/auth/keyed_hash.h"
#include "server/process/tls_files.h"

namespace sluice::server {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    text.remove_suffix(text.size() - std::min(text.find_last_not_of(kBlanks) + 1, text.size()));
    return text;
}

Error invalid(std::string text) {
    return {ErrorKind::kInvalid, std::move(text)};
}

// They become parts of a header.
bool is_usable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

Result<S3Credentials> checked(S3Credentials credentials, const std::string& id_name,
                              const std::string& secret_name) {
    if (credentials.key_id.empty()) return invalid(id_name + " is missing");
    if (credentials.secret.empty()) return invalid(secret_name + " is missing");
    if (!is_usable(credentials.key_id) || !is_usable(credentials.secret) ||
        !is_usable(credentials.session_token)) {
        return invalid("blanks and control characters cannot be part of " + id_name + ", " +
                       secret_name + " or the session's token");
    }
    return credentials;
}

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string() : value;
}

}  // namespace

Result<S3Credentials> parse_credentials(std::string_view text) {
    S3Credentials credentials;
    bool is_ours = true;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.starts_with('[')) {
            is_ours = line.ends_with(']') && trimmed(line.substr(1, line.size() - 2)) == "default";
            continue;
        }
        const std::size_t equals = line.find('=');
        if (!is_ours || line.empty() || line.starts_with('#') || line.starts_with(';') ||
            equals == line.npos) {
            continue;
        }
        const std::string_view name = trimmed(line.substr(0, equals));
        const std::string_view value = trimmed(line.substr(equals + 1));
        if (name == "aws_access_key_id") credentials.key_id = value;
        if (name == "aws_secret_access_key") credentials.secret = value;
        if (name == "aws_session_token") credentials.session_token = value;
    }
    return checked(std::move(credentials), "aws_access_key_id of [default]",
                   "aws_secret_access_key of [default]");
}

Result<S3Credentials> load_credentials(const std::string& path) {
    constexpr const char* kSetting = "lake.credentials-file";
    if (path.empty()) {
        auto found = checked({variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"),
                              variable("AWS_SESSION_TOKEN")},
                             "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
        if (found.ok()) return found;
        return invalid(std::string(kSetting) + ": there is none, and of the environment " +
                       found.error().message);
    }
    SLUICE_TRY(tls::PemText file, read_setting_file(kSetting, path));
    auto found = parse_credentials(file.text);
    wipe(file.text.data(), file.text.size());
    if (found.ok()) return found;
    return invalid(file.name + ": " + found.error().message);
}

}  // namespace sluice::server
