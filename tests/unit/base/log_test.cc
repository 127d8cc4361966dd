// Lines of the log, as they come out of standard error.
#include "sluice/base/log.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice {
namespace {

class LogTest : public testing::Test {
protected:
    ~LogTest() override {
        set_log_format(LogFormat::kLogfmt);
        set_log_level(LogLevel::kInfo);
    }
    // Without the time, which has to stand in front and look like one.
    template <typename Write>
    std::string line_of(Write write, std::string_view before, std::string_view after) {
        testing::internal::CaptureStderr();
        write();
        std::string line = testing::internal::GetCapturedStderr();
        if (line.empty()) return line;
        EXPECT_EQ(line.back(), '\n');
        EXPECT_EQ(line.find('\n'), line.size() - 1) << "one event is one line";
        line.pop_back();
        EXPECT_TRUE(line.starts_with(before)) << line;
        line.erase(0, before.size());
        const std::string shape = "dddd-dd-ddTdd:dd:dd.ddddddZ";
        for (std::size_t i = 0; i < shape.size() && i < line.size(); ++i) {
            EXPECT_TRUE(shape[i] == 'd' ? std::isdigit(static_cast<unsigned char>(line[i])) != 0
                                        : line[i] == shape[i])
                << line;
        }
        line.erase(0, shape.size());
        EXPECT_TRUE(line.starts_with(after)) << line;
        return line.substr(after.size());
    }
    template <typename Write>
    std::string logfmt(Write write) {
        return line_of(write, "ts=", " ");
    }
    template <typename Write>
    std::string json(Write write) {
        set_log_format(LogFormat::kJson);
        return line_of(write, "{\"ts\":\"", "\",");
    }
};

TEST_F(LogTest, WritesLogfmtWithQuotesWhereTheyAreNeeded) {
    EXPECT_EQ(logfmt([] {
                  log_info("segment damaged", {{"file", "a.seg"}, {"block", 7}});
              }),
              "lvl=info msg=\"segment damaged\" file=a.seg block=7");
    EXPECT_EQ(logfmt([] {
                  log_warn("x", {{"empty", ""}, {"blank", "a b"}, {"equals", "a=b"}});
              }),
              "lvl=warn msg=\"x\" empty=\"\" blank=\"a b\" equals=\"a=b\"");
    EXPECT_EQ(logfmt([] {
                  log_error("a\"b\\c\nd", {{"tab", "a\tb"}, {"quote", "\""}});
              }),
              "lvl=error msg=\"a\\\"b\\\\c\\nd\" tab=\"a\\u0009b\" quote=\"\\\"\"");
    EXPECT_EQ(logfmt([] {
                  log_info("text", {{"utf8", std::string("\xC3\xA4")}});
              }),
              "lvl=info msg=\"text\" utf8=\xC3\xA4");
}

TEST_F(LogTest, WritesJsonWithNumbersThatAreNumbers) {
    EXPECT_EQ(json([] {
                  log_info("m", {{"count", 7}, {"text", "7"}, {"negative", -1}});
              }),
              "\"lvl\":\"info\",\"msg\":\"m\",\"count\":7,\"text\":\"7\",\"negative\":-1}");
    EXPECT_EQ(json([] {
                  log_error("a\"b\nc", {{"k\"", "\x01"}});
              }),
              "\"lvl\":\"error\",\"msg\":\"a\\\"b\\nc\",\"k\\\"\":\"\\u0001\"}");
}

// Nothing that a client sends can begin a line of its own.
TEST_F(LogTest, KeepsEveryByteOnItsLine) {
    std::string all;
    for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
    logfmt([&] { log_info(all, {{"all", all}}); });
    json([&] { log_info(all, {{"all", all}}); });
}

TEST_F(LogTest, LeavesOutWhatIsBelowItsLevel) {
    EXPECT_EQ(logfmt([] { log_debug("unseen"); }), "");
    set_log_level(LogLevel::kWarn);
    EXPECT_EQ(logfmt([] { log_info("unseen"); }), "");
    EXPECT_EQ(logfmt([] { log_warn("seen"); }), "lvl=warn msg=\"seen\"");
    set_log_level(LogLevel::kDebug);
    EXPECT_EQ(logfmt([] { log_debug("seen"); }), "lvl=debug msg=\"seen\"");
}

}  // namespace
}  // namespace sluice
