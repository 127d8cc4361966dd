// Says what is wrong with a gzip member that libdeflate refused.
//
// libdeflate has one answer for all bad data. Clients should read whether their body was cut off,
// is not gzip, or was damaged, in the words of Go's compress/gzip that InfluxDB sends. This walks
// through the member again, slowly and without producing anything.
#pragma once

#include <string>

#include "sluice/base/bytes.h"

namespace sluice::http {

// `member` begins where libdeflate failed.
std::string explain_bad_gzip(ByteSpan member);

}  // namespace sluice::http
