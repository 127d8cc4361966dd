// Which of several reasons a partial write names, and how many points it says were dropped.
#include "server/write/write_outcome.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

using model::Rejection;
using model::RejectReason;

class WriteReportTest : public testing::Test {
protected:
    WriteReportTest() { report_.refused = &refused_; }

    // `rows` lines were good and in time; of these `written` were stored.
    void parsed(std::uint64_t rows, std::uint64_t written) {
        report_.parsed.rows = static_cast<std::uint32_t>(rows);
        report_.outcome.rows_written = written;
    }
    void bad_line(std::uint32_t line, std::string message) {
        ++report_.parsed.rejected;
        report_.parsed.rejections.push_back({RejectReason::kParse, line, std::move(message)});
    }
    // The parser took it out.
    void dropped_line(std::uint32_t line, RejectReason reason, std::string message) {
        ++report_.parsed.dropped;
        report_.parsed.rejections.push_back({reason, line, std::move(message)});
    }
    void old_line(std::uint32_t line) {
        ++report_.parsed.beyond_retention;
        report_.parsed.rejections.push_back(
            {RejectReason::kBeyondRetention, line, "points beyond retention policy"});
    }
    // The engine took it out.
    void refused_point(std::uint32_t line, std::string message) {
        refused_.push_back({RejectReason::kTypeConflict, line, std::move(message)});
    }

    std::vector<Rejection> refused_;
    WriteReport report_;
};

TEST_F(WriteReportTest, IsCleanWhenEveryLineIsStored) {
    EXPECT_TRUE(report_.is_clean());
    parsed(3, 3);
    EXPECT_TRUE(report_.is_clean());
    EXPECT_EQ(report_.dropped(), 0U);
}

TEST_F(WriteReportTest, IsNotCleanWhateverIsMissing) {
    parsed(3, 2);
    EXPECT_FALSE(report_.is_clean());
    EXPECT_EQ(report_.dropped(), 1U);
    parsed(3, 3);
    bad_line(2, "unable to parse 'x': missing fields");
    EXPECT_FALSE(report_.is_clean());
    report_.parsed = {};
    old_line(1);
    report_.outcome.rows_written = 0;
    EXPECT_FALSE(report_.is_clean());
    // Points beyond retention are counted apart.
    EXPECT_EQ(report_.dropped(), 0U);
}

TEST_F(WriteReportTest, NamesWhatTheEngineRefusedBeforeWhatTheParserDropped) {
    parsed(2, 1);
    dropped_line(1, RejectReason::kLimit, "max key length exceeded: 70000 > 65535");
    refused_point(5, "field type conflict");
    EXPECT_EQ(partial_write_text(report_), "partial write: field type conflict dropped=2");
}

TEST_F(WriteReportTest, NamesARefusedPointBeforePointsBeyondRetention) {
    parsed(1, 1);
    old_line(1);
    old_line(2);
    dropped_line(3, RejectReason::kLimit, "max key length exceeded: 70000 > 65535");
    bad_line(4, "unable to parse 'x': missing fields");
    EXPECT_EQ(partial_write_text(report_),
              "partial write: max key length exceeded: 70000 > 65535 dropped=1");
}

TEST_F(WriteReportTest, NamesPointsBeyondRetentionBeforeBadLines) {
    parsed(1, 1);
    bad_line(1, "unable to parse 'x': missing fields");
    old_line(2);
    old_line(3);
    EXPECT_EQ(partial_write_text(report_),
              "partial write: points beyond retention policy dropped=2");
}

// Bad lines are no points, so that none of them was dropped.
TEST_F(WriteReportTest, NamesAllBadLinesAndDropsNothing) {
    parsed(1, 1);
    bad_line(1, "unable to parse 'x': missing fields");
    bad_line(3, "unable to parse 'y': missing fields");
    EXPECT_EQ(partial_write_text(report_),
              "partial write: unable to parse 'x': missing fields\n"
              "unable to parse 'y': missing fields dropped=0");
}

TEST_F(WriteReportTest, CountsBadLinesThatItHasNoRoomFor) {
    bad_line(1, "unable to parse 'x': missing fields");
    report_.parsed.rejected = 1000;
    EXPECT_EQ(joined_parse_errors(report_.parsed),
              "unable to parse 'x': missing fields\n(999 more lines)");
}

TEST_F(WriteReportTest, LeavesOutWhatIsNoBadLine) {
    old_line(1);
    dropped_line(2, RejectReason::kLimit, "too long");
    EXPECT_EQ(joined_parse_errors(report_.parsed), "");
    bad_line(3, "unable to parse 'x': missing fields");
    EXPECT_EQ(joined_parse_errors(report_.parsed), "unable to parse 'x': missing fields");
}

TEST(PlatformGzipText, SaysWhat2xSays) {
    const struct {
        const char* stopped_with;
        std::size_t body_bytes;
        const char* text;
    } cases[] = {
        // A header has ten bytes; a body that is shorter has none.
        {"unexpected EOF", 0, "gzipped HTTP body contains an invalid header"},
        {"unexpected EOF", 9, "gzipped HTTP body contains an invalid header"},
        {"unexpected EOF", 10, "unable to read data: unexpected EOF"},
        {"gzip: invalid header", 100, "gzipped HTTP body contains an invalid header"},
        {"gzip: invalid checksum", 100, "unable to read data: gzip: invalid checksum"},
    };
    for (const auto& each : cases) {
        EXPECT_EQ(platform_gzip_text(each.stopped_with, each.body_bytes), each.text)
            << each.stopped_with << ", " << each.body_bytes;
    }
}

}  // namespace
}  // namespace sluice::server
