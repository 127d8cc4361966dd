#include "sluice/ingest/line_text.h"

#include <gtest/gtest.h>

#include "parsed.h"

namespace sluice::ingest {
namespace {

std::string lines_of(std::string_view body,
                     model::Precision precision = model::Precision::kNanosecond) {
    model::SeriesIndex index;
    model::PointBatch batch;
    LineProtocolParser parser;
    ParseOptions options;
    options.precision = precision;
    options.now = 77;
    (void)parser.parse(body, options, {}, index, batch);
    std::string out;
    append_lines(out, batch, index);
    return out;
}

TEST(LineText, IsLineProtocolAgain) {
    for (const char* line :
         {"m v=1 1", "m,a=b,c=d v=-0.25 -5", "m i=3i,u=4u,s=\"text\",t=true,f=false 9",
          "m\\ x,t\\ a=b\\,c\\=d f\\ g\\,h\\=i=1 1", "m s=\"a\\\"b\\\\c d=e,f\" 1",
          "m s=\"two\nlines\",v=1 1", "m s=\"\" 1", "m v=1e+300,w=5e-324 1",
          "m i=-9223372036854775808i,u=18446744073709551615u 1"}) {
        EXPECT_EQ(lines_of(line), std::string(line) + "\n");
    }
}

TEST(LineText, SaysEveryTimeInNanoseconds) {
    EXPECT_EQ(lines_of("m v=1 5", model::Precision::kSecond), "m v=1 5000000000\n");
    EXPECT_EQ(lines_of("m v=1"), "m v=1 77\n");
}

TEST(LineText, LeavesMissingFieldsOut) {
    EXPECT_EQ(lines_of("m a=1 1\nm b=2i 2\nm a=3,b=4i 3\nn v=1 4\nm,t=u a=5 5"),
              "m a=1 1\nm b=2i 2\nm a=3,b=4i 3\nm,t=u a=5 5\nn v=1 4\n");
}

TEST(LineText, ReadsBackAsTheSamePoints) {
    const std::string body =
        "cpu,host=a\\ b,region=x\\,y usage=0.1,name=\"quoted \\\" and \\\\ back\" 1\n"
        "cpu,region=x\\,y,host=a\\ b usage=2,extra=3i 2\n"
        "odd\"quote,t=\"v\" s=\"a\nb\nc\",v=t 3\n"
        "m\\,n f\\\"q=1 4\n";
    const testing::Parsed first = testing::parse(body);
    ASSERT_EQ(first.rows.size(), 4u);
    const testing::Parsed second = testing::parse(lines_of(body));
    EXPECT_EQ(second.rows, first.rows);
    EXPECT_TRUE(second.messages.empty());
}

TEST(LineText, RowsAreFoundWhateverTheyHold) {
    const std::vector<std::string> rows = {"m v=1 1", "m,a=b\\ c,q=\"x s=\"two\nlines\",v=1 2",
                                           "m s=\"a\\\"\nb\\\\\" 3", "m\\ n f\\ \\\"g=1 4"};
    std::string text;
    for (const std::string& row : rows) text += row + "\n";
    std::vector<std::string> found;
    for (std::size_t from = 0; from < text.size();) {
        const std::size_t end = find_row_end(text, from);
        found.push_back(text.substr(from, end - from));
        from = end + 1;
    }
    EXPECT_EQ(found, rows);
    EXPECT_EQ(find_row_end("", 0), 0u);
    EXPECT_EQ(find_row_end("m v=1", 0), 5u);
}

}  // namespace
}  // namespace sluice::ingest
