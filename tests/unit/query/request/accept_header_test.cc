#include <gtest/gtest.h>

#include "sluice/base/random.h"
#include "sluice/query/answer_format.h"

namespace sluice::query {
namespace {

TEST(AcceptHeader, ChoosesTheFirstOfTheHeaviest) {
    const struct {
        const char* header;
        const char* type;
    } kCases[] = {
        {"", "application/json"},
        {"*/*", "application/json"},
        {"application/*", "application/json"},
        {"text/*", "text/csv"},
        {"text/csv", "text/csv"},
        {"application/csv", "application/csv"},
        {"application/x-msgpack", "application/x-msgpack"},
        {"APPLICATION/X-MSGPACK", "application/x-msgpack"},
        {" text/csv ", "text/csv"},
        {"text/html, application/csv", "application/csv"},
        {"text/html", "application/json"},
        {"text/csv, application/csv", "text/csv"},
        {"text/csv;q=0.5, application/csv", "application/csv"},
        {"text/csv;q=0.5, application/csv;q=0.5", "text/csv"},
        {"text/csv; q=0.9; charset=utf-8, */*;q=0.1", "text/csv"},
        {"text/csv;charset=utf-8;q=0.1, application/json;q=0.2", "application/json"},
        {"text/csv;q=0", "text/csv"},  // Go's library does not read 0 as a refusal
        {"text/csv;q=x, application/csv;q=0.1", "application/csv"},
        {"*", "application/json"},
        {"csv", "application/json"},
        {",,,text/csv,", "text/csv"},
        {";q=1", "application/json"},
        {"/", "application/json"},
        {"text/csv/x", "application/json"},
        {"*/csv", "application/csv"},
    };
    for (const auto& c : kCases) {
        EXPECT_EQ(content_type_of(answer_format_of(c.header)), c.type) << c.header;
    }
}

TEST(AcceptHeader, NamesAFormatWhateverItHolds) {
    constexpr std::string_view kParts[] = {"text",      "/",  "csv",  ";", "q=",          "1",
                                           ".",         ",",  " ",    "*", "application", "json",
                                           "x-msgpack", "\t", "\xFF", "-"};
    Random random(1);
    for (int i = 0; i < 20'000; ++i) {
        std::string header;
        for (std::uint64_t n = random.below(15); n > 0; --n)
            header += kParts[random.below(std::size(kParts))];
        const AnswerFormat format = answer_format_of(header);
        ASSERT_EQ(answer_format_of(content_type_of(format)), format) << header;
        // What names no offered type in full, nor one of all, is answered in JSON.
        if (header.find("csv") == header.npos && header.find("msgpack") == header.npos &&
            header.find('*') == header.npos) {
            ASSERT_EQ(format, AnswerFormat::kJson) << header;
        }
    }
}

}  // namespace
}  // namespace sluice::query
