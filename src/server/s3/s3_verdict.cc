#include "server/s3/s3_verdict.h"

#include <algorithm>

#include "sluice/base/units.h"

namespace sluice::server {
namespace {

constexpr std::int64_t kFirstPauseNs = 500 * kMillisecondNs;
constexpr std::int64_t kPauseMaxNs = 15 * kSecondNs;

// Errors that S3 sends with a status that is used for others, too.
S3Verdict judge_error(int status, std::string_view code) {
    if (code == "NoSuchBucket") return {S3Outcome::kRefused, false};
    if (code == "RequestTimeout" || code == "SlowDown" || code == "OperationAborted" ||
        code == "ConditionalRequestConflict") {
        return {S3Outcome::kRefused, true};
    }
    if (status == 200) {
        // An upload that is being completed is answered before its end is known.
        return {S3Outcome::kUnknown, true};
    }
    return {S3Outcome::kRefused, false};
}

}  // namespace

S3Verdict judge_answer(int status, std::string_view code) {
    if (status >= 200 && status < 300 && code.empty()) return {S3Outcome::kDone, false};
    if (status == 404 && code != "NoSuchBucket") return {S3Outcome::kNotThere, false};
    if (status == 412) return {S3Outcome::kExists, false};
    if (status == 501) return {S3Outcome::kRefused, false};
    if (status == 408 || status == 429) return {S3Outcome::kRefused, true};
    if (status >= 500) return {S3Outcome::kUnknown, true};
    return judge_error(status, code);
}

std::int64_t s3_pause_ns(std::uint32_t attempt, Random& random) {
    if (attempt == 0) return 0;
    const std::int64_t bound =
        std::min(kFirstPauseNs << std::min<std::uint32_t>(attempt - 1, 10), kPauseMaxNs);
    // Not less than a tenth: a store that asks to be slow is not asked again at once.
    return random.between(bound / 10, bound);
}

}  // namespace sluice::server
