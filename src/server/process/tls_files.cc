#include "server/process/tls_files.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>

namespace sluice::server {
namespace {

constexpr std::string_view kCredentials = "$CREDENTIALS_DIRECTORY/";
// Of a certificate with its chain; the trust store of a distribution is 250 KiB.
constexpr std::size_t kFileBytesMax = 4 * kMiB;
constexpr std::int64_t kDayS = 86'400;
// Let's Encrypt's clients renew 30 days before the end: with two weeks left something is wrong.
constexpr std::int64_t kWarnDays = 14;

Error invalid(std::string text) {
    return Error{ErrorKind::kInvalid, std::move(text)};
}

// Nothing where the variable is not there.
std::string real_path(const std::string& path) {
    if (!path.starts_with(kCredentials)) return path;
    const char* const directory = std::getenv("CREDENTIALS_DIRECTORY");
    if (directory == nullptr) return {};
    return std::string(directory) + '/' + path.substr(kCredentials.size());
}

// As in InfluxDB, one file may hold both, and then only the certificate's setting is made.
const std::string& private_key_path(const Config::Http& http) {
    return http.https_private_key.empty() ? http.https_certificate : http.https_private_key;
}

Result<tls::ServerOptions> read_files(const Config& config) {
    tls::ServerOptions options;
    SLUICE_TRY(options.certificates,
               read_setting_file("http.https-certificate", config.http.https_certificate));
    SLUICE_TRY(options.private_key,
               read_setting_file("http.https-private-key", private_key_path(config.http)));
    if (!config.http.https_client_ca.empty()) {
        SLUICE_TRY(options.client_authorities,
                   read_setting_file("http.https-client-ca", config.http.https_client_ca));
    }
    options.client_required = config.http.https_client_required;
    options.versions = {config.tls.min_version, config.tls.max_version, config.tls.ciphers.values};
    return options;
}

}  // namespace

// The name of the setting goes along with the text, so that whatever is wrong in it later can be
// said with its place.
Result<tls::PemText> read_setting_file(const std::string& setting, const std::string& path) {
    const std::string real = real_path(path);
    if (real.empty() && !path.empty()) {
        return invalid(setting + ": " + path +
                       " needs CREDENTIALS_DIRECTORY, which systemd sets for a unit with "
                       "LoadCredential=");
    }
    errno = 0;
    std::ifstream file(real, std::ios::binary);
    std::string text;
    if (file) text.assign(std::istreambuf_iterator<char>(file), {});
    if (!file || text.empty()) {
        const bool empty = file && errno == 0;
        return invalid(setting + ": cannot read " + (path.empty() ? "\"\"" : path) + ": " +
                       (empty ? "the file is empty" : std::strerror(errno)));
    }
    if (text.size() > kFileBytesMax) return invalid(setting + ": " + path + " is too large");
    return tls::PemText{setting + ": " + path, std::move(text)};
}

// A context belongs to one core. Ticket keys are the same in all, so that a client may resume its
// session on any core.
Result<TlsContexts> load_tls_contexts(const Config& config, std::size_t count,
                                      const tls::TicketKeys& keys) {
    SLUICE_TRY(tls::ServerOptions options, read_files(config));
    TlsContexts contexts;
    Result<void> made;
    for (std::size_t i = 0; i < count && made.ok(); ++i) {
        auto context = tls::Context::for_server(options, keys);
        if (context.ok()) {
            contexts.push_back(std::move(context).value());
        } else {
            made = std::move(context).error();
        }
    }
    // The key is in the contexts; another copy of it has no use.
    explicit_bzero(options.private_key.text.data(), options.private_key.text.size());
    if (!made.ok()) return std::move(made).error();
    return contexts;
}

Result<std::shared_ptr<tls::Context>> load_trust(const Config::Subscriber& config) {
    tls::ClientOptions options;
    options.verify = !config.insecure_skip_verify;
    if (!config.ca_certs.empty()) {
        SLUICE_TRY(options.authorities, read_setting_file("subscriber.ca-certs", config.ca_certs));
    }
    return tls::Context::for_client(options);
}

Result<std::string> check_tls_files(const Config& config, std::int64_t now_s) {
    std::string validity;
    if (config.http.https_enabled) {
        SLUICE_TRY(const TlsContexts contexts, load_tls_contexts(config, 1, {}));
        const tls::Context& context = *contexts.front();
        validity = validity_warning(context, now_s);
        if (validity.empty()) {
            validity = "the certificate is valid for " +
                       std::to_string((context.not_after_s() - now_s) / kDayS) + " more days";
        }
    }
    if (!config.subscriber.ca_certs.empty()) {
        const auto trust = load_trust(config.subscriber);
        if (!trust.ok()) return trust.error();
    }
    return validity;
}

// Changes when one of the files is written or replaced: inode, size and time. A link that is turned
// to another file changes it as well, since stat() follows links.
std::string tls_files_mark(const Config& config) {
    std::string mark;
    for (const std::string* path : {&config.http.https_certificate, &private_key_path(config.http),
                                    &config.http.https_client_ca}) {
        struct stat status {};
        if (path->empty() || ::stat(real_path(*path).c_str(), &status) != 0) {
            mark += "- ";
            continue;
        }
        for (const auto number :
             {static_cast<std::int64_t>(status.st_ino), static_cast<std::int64_t>(status.st_size),
              static_cast<std::int64_t>(status.st_mtim.tv_sec),
              static_cast<std::int64_t>(status.st_mtim.tv_nsec)}) {
            mark += std::to_string(number) + ' ';
        }
    }
    return mark;
}

std::string validity_warning(const tls::Context& context, std::int64_t now_s) {
    if (now_s < context.not_before_s()) return "the certificate is not valid yet";
    if (now_s >= context.not_after_s()) return "the certificate has expired";
    const std::int64_t days = (context.not_after_s() - now_s) / kDayS;
    if (days >= kWarnDays) return {};
    return "the certificate expires in " + std::to_string(days) + (days == 1 ? " day" : " days");
}

}  // namespace sluice::server
