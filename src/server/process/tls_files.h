// The files that the TLS of a server is made of: certificate, private key, authorities of clients.
//
// These functions read the disk and compute; on a running server call them beside the cores
// (io/aside.h).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "server/config/config.h"
#include "sluice/base/result.h"
#include "sluice/tls/context.h"

namespace sluice::server {

using TlsContexts = std::vector<std::shared_ptr<tls::Context>>;

// As many equal contexts as there are cores. The error is a sentence for the operator, and names
// the file or the setting. https-enabled is not asked.
Result<TlsContexts> load_tls_contexts(const Config& config, std::size_t count,
                                      const tls::TicketKeys& keys);

// Another text whenever one of the files has been replaced or written to.
std::string tls_files_mark(const Config& config);

// The whole text of a file that a setting names. A path may begin with $CREDENTIALS_DIRECTORY/,
// where systemd puts what LoadCredential= names.
Result<tls::PemText> read_setting_file(const std::string& setting, const std::string& path);

// Whom [subscriber] trusts for https.
Result<std::shared_ptr<tls::Context>> load_trust(const Config::Subscriber& config);

// What a start refuses although each setting can be understood: files that cannot be used. Where
// they can, the text says how long the certificate is valid; it is empty without TLS.
Result<std::string> check_tls_files(const Config& config, std::int64_t now_s);

// What an operator should know about the time in which a certificate is valid; mostly empty.
std::string validity_warning(const tls::Context& context, std::int64_t now_s);

}  // namespace sluice::server
