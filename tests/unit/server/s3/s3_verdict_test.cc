#include "server/s3/s3_verdict.h"

#include <gtest/gtest.h>

#include "sluice/base/units.h"

namespace sluice::server {
namespace {

TEST(S3Verdict, SaysWhatAnAnswerMeans) {
    using enum S3Outcome;
    const struct {
        int status;
        const char* code;
        S3Outcome outcome;
        bool again;
    } cases[] = {
        {200, "", kDone, false},
        {204, "", kDone, false},
        {206, "", kDone, false},
        // A completed upload may turn out not to be one after the status has been sent.
        {200, "InternalError", kUnknown, true},
        {404, "NoSuchKey", kNotThere, false},
        {404, "NoSuchUpload", kNotThere, false},
        {404, "", kNotThere, false},
        {404, "NoSuchBucket", kRefused, false},
        {412, "PreconditionFailed", kExists, false},
        {409, "ConditionalRequestConflict", kRefused, true},
        {409, "OperationAborted", kRefused, true},
        {409, "BucketAlreadyExists", kRefused, false},
        {400, "RequestTimeout", kRefused, true},
        {400, "InvalidPart", kRefused, false},
        {403, "AccessDenied", kRefused, false},
        {403, "SignatureDoesNotMatch", kRefused, false},
        {301, "PermanentRedirect", kRefused, false},
        {307, "TemporaryRedirect", kRefused, false},
        {408, "", kRefused, true},
        {429, "", kRefused, true},
        {500, "InternalError", kUnknown, true},
        {501, "NotImplemented", kRefused, false},
        {502, "", kUnknown, true},
        {503, "SlowDown", kUnknown, true},
        {504, "", kUnknown, true},
        {100, "", kRefused, false},
    };
    for (const auto& each : cases) {
        const S3Verdict verdict = judge_answer(each.status, each.code);
        EXPECT_EQ(verdict.outcome, each.outcome) << each.status << ' ' << each.code;
        EXPECT_EQ(verdict.may_help_to_repeat, each.again) << each.status << ' ' << each.code;
    }
}

TEST(S3Verdict, PausesGrowAndDiffer) {
    Random random(1);
    EXPECT_EQ(s3_pause_ns(0, random), 0);
    std::int64_t total = 0;
    for (std::uint32_t attempt = 1; attempt < kS3AttemptsMax; ++attempt) {
        std::int64_t least = s3_pause_ns(attempt, random);
        std::int64_t most = least;
        for (int i = 0; i < 100; ++i) {
            const std::int64_t pause = s3_pause_ns(attempt, random);
            least = std::min(least, pause);
            most = std::max(most, pause);
        }
        EXPECT_GE(least, 50 * kMillisecondNs);
        EXPECT_GT(most, 2 * least);
        EXPECT_LE(most, 15 * kSecondNs);
        total += most;
    }
    EXPECT_LE(total, 40 * kSecondNs);
    EXPECT_LE(s3_pause_ns(1000, random), 15 * kSecondNs);
}

}  // namespace
}  // namespace sluice::server
