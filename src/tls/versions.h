// The names of versions and ciphers that InfluxDB's configuration has, as OpenSSL knows them.
#pragma once

#include <string>
#include <vector>

#include "sluice/base/result.h"

namespace sluice::tls {

// TLS1_2_VERSION or TLS1_3_VERSION, `absent` for an empty text. `setting` begins the error.
Result<int> version_number(const std::string& text, const char* setting, int absent);

// Lists as OpenSSL takes them, empty where none was named. Up to 1.2 and from 1.3 on a cipher is
// named by different things.
struct CipherLists {
    std::string up_to_1_2;
    std::string from_1_3;
};
Result<CipherLists> cipher_lists(const std::vector<std::string>& names);

}  // namespace sluice::tls
