// What an answer of S3 says about the request, and whether and when it is worth asking again.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/base/random.h"

namespace sluice::server {

enum class S3Outcome : std::uint8_t {
    kDone,
    kNotThere,  // what the request was about
    kExists,    // what the request was to make, under the condition that it did not
    kRefused,   // nothing was done
    kUnknown,   // it may have been done: without an answer, too
};

struct S3Verdict {
    S3Outcome outcome = S3Outcome::kUnknown;
    bool may_help_to_repeat = true;
};

// `code` is that of the error in the answer's body; empty: it has none.
S3Verdict judge_answer(int status, std::string_view code);

// A request is sent at most so often. With the pauses between them, that bridges half a minute of a
// store that restarts; what lasts longer is left to whoever asked.
inline constexpr std::uint32_t kS3AttemptsMax = 6;

// How long to wait before attempt number `attempt`, of which the first is 0: anything up to a bound
// that doubles, so that many who were refused at once do not come again at once.
std::int64_t s3_pause_ns(std::uint32_t attempt, Random& random);

}  // namespace sluice::server
