#include "sluice/ingest/line_protocol.h"

#include <gtest/gtest.h>

#include "parsed.h"

namespace sluice::ingest {
namespace {

using testing::parse;
using testing::parse_in_pieces;
using testing::Parsed;

using Strings = std::vector<std::string>;

TEST(LineProtocol, StoresWhatInfluxDbStores) {
    const struct {
        std::string_view line;
        std::string_view row;
    } cases[] = {
        {"m v=1 7", "m|v=1|7"},
        {"m,a=b v=1 7", "m,a=b|v=1|7"},
        {"m,b=1,a=2,c=3 v=1 7", "m,a=2,b=1,c=3|v=1|7"},
        {"m v=1.50,w=-2i,x=t,y=\"z\" -7", "m|v=1.5,w=-2i,x=true,y=\"z\"|-7"},
        {"  \t m  v=1 \t 7  ", "m|v=1|7"},
        // Escapes.
        {"m\\ x\\,y,a\\ b=c\\,d\\=e v=1 7", "m\\ x\\,y,a\\ b=c\\,d\\=e|v=1|7"},
        {"m\\=\\\"x v=1 7", "m=\"x|v=1|7"},
        {"m,a=\\b v=1 7", "m,a=\\b|v=1|7"},
        {"m,a=\"b\" v=1 7", "m,a=\"b\"|v=1|7"},
        {"m,a== v=1 7", "m,a=\\=|v=1|7"},
        {"m,a=b\\\\,c v=1 7", "m,a=b\\\\,c|v=1|7"},
        {"m a\\ b=1,c\\,d=2,e\\=f=3,\\\"g=4,h\\i=5 7", "m|\"g=4,a b=1,c,d=2,e=f=3,h\\i=5|7"},
        {"\\#m v=1 7", "\\#m|v=1|7"},
        {"m\"x v=1 7", "m\"x|v=1|7"},
        // Strings.
        {"m v=\"\" 7", "m|v=\"\"|7"},
        {"m v=\"a b,c=d\" 7", "m|v=\"a b,c=d\"|7"},
        {"m v=\"a\\\"b\\\\c\\d\" 7", "m|v=\"a\"b\\c\\d\"|7"},
        {"m v=\"a\nb\" 7", "m|v=\"a\nb\"|7"},
        {"m v=\"a\\\\\" 7", "m|v=\"a\\\"|7"},
        {"m v=\"a\"b 7", "m|v=\"a\"\"|7"},
        {"m v=\"a\"b=2, 7", "m|v=\"a\"b=\"|7"},
        // Numbers.
        {"m v=.5 7", "m|v=0.5|7"},
        {"m v=1. 7", "m|v=1|7"},
        {"m v=1e3 7", "m|v=1000|7"},
        {"m v=1E-2 7", "m|v=0.01|7"},
        {"m v=-0 7", "m|v=-0|7"},
        {"m v=00012.50 7", "m|v=12.5|7"},
        {"m v=123456789.125 7", "m|v=123456789.125|7"},
        {"m v=0.6046602879796196 7", "m|v=0.60466028797961957|7"},
        {"m v=1e-400 7", "m|v=0|7"},
        {"m v=9223372036854775807i 7", "m|v=9223372036854775807i|7"},
        {"m v=-9223372036854775808i 7", "m|v=-9223372036854775808i|7"},
        {"m v=-0i 7", "m|v=0i|7"},
        {"m v=18446744073709551615u 7", "m|v=18446744073709551615u|7"},
        // Booleans.
        {"m a=t,b=T,c=true,d=True,e=TRUE 7", "m|a=true,b=true,c=true,d=true,e=true|7"},
        {"m a=f,b=F,c=false,d=False,e=FALSE 7", "m|a=false,b=false,c=false,d=false,e=false|7"},
        // A field twice, a field called time, no timestamp, extreme ones.
        {"m v=1,v=2 7", "m|v=2|7"},
        {"m v=1,v=2i 7", "m|v=1&2i|7"},
        {"m time=1,v=2 7", "m|v=2|7"},
        {"m v=1", "m|v=1|1000"},
        {"m v=1 ", "m|v=1|1000"},
        {"m v=1 9223372036854775806", "m|v=1|9223372036854775806"},
        {"m v=1 -9223372036854775806", "m|v=1|-9223372036854775806"},
    };
    for (const auto& each : cases) {
        const Parsed parsed = parse(each.line, {.now = 1000});
        EXPECT_EQ(parsed.rows, Strings{std::string(each.row)}) << each.line;
        EXPECT_EQ(parsed.messages, Strings{}) << each.line;
    }
}

TEST(LineProtocol, RefusesWithInfluxDbsWords) {
    const struct {
        std::string_view line;
        std::string_view why;
    } cases[] = {
        {",a=b v=1", "missing measurement"},
        {"m", "missing fields"},
        {"m,a=b", "missing fields"},
        {"m ", "invalid field format"},
        {"m,a=b ", "invalid field format"},
        {"m, v=1", "missing tag key"},
        {"m,=b v=1", "missing tag key"},
        {"m,a v=1", "missing tag value"},
        {"m,a= v=1", "missing tag value"},
        {"m,a=,b=c v=1", "missing tag value"},
        {"m,a=b=c v=1", "invalid tag format"},
        {"m,a=1,a=2 v=1", "duplicate tags"},
        {"m,b=1,a=2,b=3 v=1", "duplicate tags"},
        {"m,a=b\\\\ v=1", "invalid tag format"},
        {"m =1", "missing field key"},
        {"m v=1,=2", "missing field key"},
        {"m v=", "missing field value"},
        {"m v= 7", "missing field value"},
        {"m v=,w=1", "missing field value"},
        {"m v", "invalid field format"},
        {"m v=1,w", "invalid field format"},
        {"m v=1,", "invalid field format"},
        {"m v=\"a", "unbalanced quotes"},
        {"m v=\"a\\\"", "unbalanced quotes"},
        {"m v=a", "invalid boolean"},
        {"m v=tRUE", "invalid boolean"},
        {"m v=truee", "invalid boolean"},
        {"m v=Inf", "invalid boolean"},
        {"m v=+1", "invalid boolean"},
        {"m v=NaN", "invalid number"},
        {"m v=0x1", "invalid number"},
        {"m v=1r", "invalid number"},
        {"m v=1\r", "invalid number"},
        {"m v=-", "invalid number"},
        {"m v=.", "invalid number"},
        {"m v=1.1.1", "invalid number"},
        {"m v=1i1", "invalid number"},
        {"m v=1.5i", "invalid number"},
        {"m v=-1u", "invalid number"},
        {"m v=1e400", "invalid float"},
        {"m v=1e", "invalid float"},
        {"m v=1.7976931348623159e308", "invalid float"},
        {"m v=9223372036854775808i",
         "unable to parse integer 9223372036854775808: strconv.ParseInt: parsing "
         "\"9223372036854775808\": value out of range"},
        {"m v=18446744073709551616u",
         "unable to parse unsigned 18446744073709551616: strconv.ParseUint: parsing "
         "\"18446744073709551616\": value out of range"},
        {"m v=1 abc", "bad timestamp"},
        {"m v=1 1.5", "bad timestamp"},
        {"m v=1 7\r", "bad timestamp"},
        {"m v=1 7 8", "point is invalid"},
        {"m v=1 -", "strconv.ParseInt: parsing \"-\": invalid syntax"},
        {"m v=1 9223372036854775808",
         "strconv.ParseInt: parsing \"9223372036854775808\": value out of range"},
        {"m v=1 9223372036854775807",
         "time outside range -9223372036854775806 - 9223372036854775806"},
        {"m v=\"x\"b=2,c 1", "invalid value: field-key=c"},
    };
    for (const auto& each : cases) {
        const Parsed parsed = parse(each.line);
        EXPECT_EQ(parsed.messages, Strings{"unable to parse '" + std::string(each.line) +
                                           "': " + std::string(each.why)});
        EXPECT_EQ(parsed.result.rejected, 1u) << each.line;
        EXPECT_EQ(parsed.rows, Strings{}) << each.line;
    }
}

TEST(LineProtocol, TakesALineInAStreamAsItTakesItAlone) {
    const std::string_view known =
        "m,a=b v=1,w=2,x=3i,y=t,z=\"s\" 1451606400000000000\n"
        "m v=1 1451606400000000000\n"
        "m,a=b z=\"\\\"\",y=f,x=4i,w=5,v=6 1451606400000000000\n";
    for (const std::string_view line : {"m v=.",
                                        "m v=-.",
                                        "m v=.5",
                                        "m v=5.",
                                        "m v=-0",
                                        "m v=1234567",
                                        "m v=123456",
                                        "m v=1e5",
                                        "m v=12.5e3,w=1",
                                        "m v=12345678901234567890",
                                        "m v=0.12345678901234567890123",
                                        "m v=5u",
                                        "m v=-5u",
                                        "m v=-5i",
                                        "m v=123456789012i",
                                        "m v=9223372036854775808i",
                                        "m v=ii",
                                        "m v=1i2",
                                        "m v=1..2",
                                        "m v=1-2",
                                        "m v=t",
                                        "m v=tr",
                                        "m v=true,w=f",
                                        "m v=\"\"",
                                        "m v=\"a\\\\\"",
                                        "m v=\"a\\\\\\\"\" 1",
                                        "m v=\"a\"b",
                                        "m v=\"a\nb\" 1",

                                        "m v=1 ",
                                        "m v=1  5",
                                        "m  v=1",
                                        "m \tv=1",
                                        "m v=1,\tv=2",
                                        "m v=1 1451606400000000001",
                                        "m v=1 9223372036854775806",
                                        "m v=1 9223372036854775807",
                                        "m v=1 9999999999999999999",
                                        "m v=1 -5",
                                        "m v=1 --5",
                                        "m v=1 5 ",
                                        "m v=1 5 6",
                                        "m v=1\r",
                                        "m v=1,v=2",
                                        "m v=1,w=2,v=3",
                                        "m v=1,time=5",
                                        "m,time=b v=1",
                                        "m,a=b,a=c v=1",
                                        "m,b=1,a=2 v=1",
                                        "m,a= v=1",
                                        "m,a=b=c v=1",
                                        "m,a==c v=1",
                                        "m,a v=1",
                                        ",a=b v=1",
                                        "m,a=b\\ c v=1",
                                        "m,a=b\\\\ v=1",
                                        "m\\ a=b,c=d v=1",
                                        "#m v=1",
                                        "",
                                        " m v=1",
                                        "m v =1",
                                        "m v=1,",
                                        "m =1",
                                        "m v",
                                        "m,a=b",
                                        "mm v=1"}) {
        const Parsed alone = parse(line, {.now = 1000});
        for (const ParserKernel kernel :
             {ParserKernel::kScalar, ParserKernel::kAvx2, ParserKernel::kAvx512}) {
            for (const std::string_view after : {"\n", "\nm v=2 2\n"}) {
                const std::string body =
                    std::string(known) + std::string(line) + std::string(after);
                const Parsed streamed = parse(body, {.now = 1000}, {}, kernel);
                EXPECT_EQ(streamed.result.rejected, alone.result.rejected) << line;
                EXPECT_EQ(streamed.result.dropped, alone.result.dropped) << line;
                Strings expected = parse(known).rows;
                expected.insert(expected.end(), alone.rows.begin(), alone.rows.end());
                if (after.size() > 1) expected.push_back("m|v=2|2");
                EXPECT_EQ(streamed.rows, expected) << line;
            }
        }
    }
}

TEST(LineProtocol, PassesOverBlankLinesAndComments) {
    const Parsed parsed = parse("\n  \n# m v=1\n \t#\nm v=1 7\n\n");
    EXPECT_EQ(parsed.rows, Strings{"m|v=1|7"});
    EXPECT_EQ(parsed.result.lines, 6u);
    EXPECT_EQ(parse("").result.lines, 0u);
}

TEST(LineProtocol, ABadLineHarmsNoOther) {
    const Parsed parsed = parse("m,h=a v=1,w=2 1\nm,h=b v=3,w=x 2\nm,h=c v=5,x=6 3\nbad\nm v=7 4");
    EXPECT_EQ(parsed.rows, (Strings{"m,h=a|v=1,w=2|1", "m,h=c|v=5,x=6|3", "m|v=7|4"}));
    EXPECT_EQ(parsed.result.rejected, 2u);
    ASSERT_EQ(parsed.result.rejections.size(), 2u);
    EXPECT_EQ(parsed.result.rejections[0].line, 2u);
    EXPECT_EQ(parsed.result.rejections[1].line, 4u);
    EXPECT_EQ(parsed.result.rows, 3u);
    EXPECT_EQ(parsed.result.lines, 5u);
}

TEST(LineProtocol, APieceEndsBetweenLines) {
    std::string body = "# first\n\n";
    for (int i = 0; i < 60; ++i) {
        const std::string number = std::to_string(i);
        body += "m,h=a" + std::to_string(i % 7) + " v=" + number + ",w=" + number + "i " + number +
                "\n";
        if (i % 11 == 3)
            body +=
                "m s=\"two\nlines, \\\" and more\","
                "v=" +
                number + " 7\n";
        if (i % 13 == 5) body += "not a line " + number + "\n";
        if (i % 17 == 6) body += "mm,time=x v=1 " + number + "\n";
    }
    for (const std::string_view end : {"", "m v=1 99", "bad", "m v=1 99\n"}) {
        const std::string whole = body + std::string(end);
        for (const bool stop : {false, true}) {
            const ParseOptions options{.now = 1000, .stop_at_first_error = stop};
            const Parsed expected = parse(whole, options);
            for (const std::size_t bytes : {1u, 2u, 10u, 40u, 100u, 500u, 5000u}) {
                const Parsed pieces = parse_in_pieces(whole, bytes, options);
                EXPECT_EQ(pieces.rows, expected.rows) << bytes;
                EXPECT_EQ(pieces.messages, expected.messages) << bytes;
                EXPECT_EQ(pieces.result.lines, expected.result.lines) << bytes;
                EXPECT_EQ(pieces.result.rows, expected.result.rows) << bytes;
                EXPECT_EQ(pieces.result.rejected, expected.result.rejected) << bytes;
                EXPECT_EQ(pieces.result.dropped, expected.result.dropped) << bytes;
            }
        }
    }
}

TEST(LineProtocol, ARefusedLineLeavesNoTrace) {
    for (const std::string_view line : {"m,h=new new=1,w=x 1", "m,h=new new=1 x",
                                        "m,time=1 new=1 1", "n time=1 1", "m,h=new new=1 -5"}) {
        model::SeriesIndex index;
        model::PointBatch batch;
        LineProtocolParser parser;
        const model::ShardMap shards({}, kWeekNs, 0);
        const std::string body = "m v=1 1\nm v=1 1\n" + std::string(line) + "\nm v=1 1\n";
        parser.parse(body, {}, shards, index, batch);
        EXPECT_EQ(batch.table_count(), 1u) << line;
        EXPECT_EQ(batch.table_at(0).column_count, 1u) << line;
        EXPECT_EQ(batch.row_count(), 3u) << line;
        EXPECT_EQ(index.series_count(), 1u) << line;
        EXPECT_EQ(index.measurement_count(), 1u) << line;
    }
}

TEST(LineProtocol, StopsAtTheFirstMalformedLineWhenAsked) {
    const Parsed parsed = parse("m v=1 1\nbad\nworse\nm v=2 2", {.stop_at_first_error = true});
    EXPECT_EQ(parsed.result.rejected, 1u);
    EXPECT_EQ(parsed.result.rejections.at(0).line, 2u);
    EXPECT_EQ(parsed.rows, Strings{"m|v=1|1"});
}

TEST(LineProtocol, NamesTheLineItStoppedAtFirst) {
    std::string dropped;
    for (int i = 0; i < 2000; ++i) dropped += "m,time=" + std::to_string(i) + " v=1 1\n";
    const struct {
        std::string before;
        std::uint32_t line;
    } cases[] = {
        {"", 1}, {"m,time=a v=1 1\n", 2}, {"m s=\"a\nb\nc\" 1\n\n# x\n", 6}, {dropped, 2001}};
    for (const auto& each : cases) {
        const Parsed parsed = parse(each.before + "bad\nworse", {.stop_at_first_error = true});
        EXPECT_EQ(parsed.result.rejected, 1u);
        EXPECT_EQ(parsed.messages.at(0), "unable to parse 'bad': missing fields");
        EXPECT_EQ(parsed.result.rejections.at(0).line, each.line);
    }
}

TEST(LineProtocol, KeepsTimeOutOfNames) {
    const Parsed tag = parse("m,time=x v=1 1");
    EXPECT_EQ(tag.messages, Strings{"invalid tag key: input tag \"time\" on measurement \"m\" is "
                                    "invalid"});
    EXPECT_EQ(tag.result.dropped, 1u);
    EXPECT_EQ(tag.result.rejected, 0u);
    const Parsed field = parse("m time=1,time=2i 1");
    EXPECT_EQ(field.messages, Strings{"invalid field name: input field \"time\" on measurement "
                                      "\"m\" is invalid"});
    EXPECT_EQ(field.result.rejections.at(0).reason, model::RejectReason::kInvalidName);
}

TEST(LineProtocol, CountsPointsBeyondRetention) {
    const Parsed parsed =
        parse("m v=1 99\nm v=2 100\nm v=3 5", {}, model::ShardMap({}, kWeekNs, 100));
    EXPECT_EQ(parsed.rows, Strings{"m|v=2|100"});
    EXPECT_EQ(parsed.result.beyond_retention, 2u);
    EXPECT_EQ(parsed.messages, Strings{"points beyond retention policy"});
}

TEST(LineProtocol, TakesTimesInEveryPrecision) {
    const struct {
        model::Precision precision;
        std::string_view row;
        std::string_view row_without_time;
    } cases[] = {
        {model::Precision::kNanosecond, "m|v=1|-3", "m|v=1|7265123456789"},
        {model::Precision::kMicrosecond, "m|v=1|-3000", "m|v=1|7265123456000"},
        {model::Precision::kMillisecond, "m|v=1|-3000000", "m|v=1|7265123000000"},
        {model::Precision::kSecond, "m|v=1|-3000000000", "m|v=1|7265000000000"},
        {model::Precision::kMinute, "m|v=1|-180000000000", "m|v=1|7260000000000"},
        {model::Precision::kHour, "m|v=1|-10800000000000", "m|v=1|7200000000000"},
    };
    for (const auto& each : cases) {
        const ParseOptions options{.precision = each.precision, .now = 7265123456789};
        EXPECT_EQ(parse("m v=1 -3", options).rows, Strings{std::string(each.row)});
        EXPECT_EQ(parse("m v=1", options).rows, Strings{std::string(each.row_without_time)});
    }
    EXPECT_EQ(
        parse("m v=1 9223372036854775", {.precision = model::Precision::kMillisecond}).messages,
        Strings{"unable to parse 'm v=1 9223372036854775': time outside range "
                "-9223372036854775806 - 9223372036854775806"});
}

TEST(LineProtocol, DealsRowsToShardGroups) {
    model::SeriesIndex index;
    model::PointBatch batch;
    LineProtocolParser parser;
    const model::ShardMap shards({}, kDayNs, model::kTimestampMin);
    parser.parse("m v=1,w=2 1\nm v=2,w=3 86400000000000\nm w=5,v=4 2\nm v=6 86400000000001\n", {},
                 shards, index, batch);
    ASSERT_EQ(batch.table_count(), 2u);
    EXPECT_EQ(batch.table_at(0).rows(), 2u);
    EXPECT_EQ(batch.table_at(1).rows(), 2u);
    EXPECT_EQ(testing::describe_rows(batch, index),
              (Strings{"m|v=1,w=2|1", "m|v=2,w=3|86400000000000", "m|v=4,w=5|2",
                       "m|v=6|86400000000001"}));
}

TEST(LineProtocol, AnySpellingOfASeriesIsTheSameSeries) {
    model::SeriesIndex index;
    model::PointBatch batch;
    LineProtocolParser parser;
    const std::string_view body =
        "m,a=1,b=2 v=1 1\nm,b=2,a=1 v=1 2\nm,a=1,b=2 v=1 3\nm,b=2,a=1 v=1 4\n";
    for (int pass = 0; pass < 3; ++pass) {
        batch.clear();
        EXPECT_EQ(parser.parse(body, {}, {}, index, batch).rows, 4u);
        EXPECT_EQ(index.series_count(), 1u);
    }
    // A backslash that one pass sees and another does not: two measurements.
    batch.clear();
    parser.parse("m\\=x v=1 1\nm\\\\=x v=1 1\nm\\=x v=1 1\nm=x v=1 1\n", {}, {}, index, batch);
    EXPECT_EQ(testing::describe_rows(batch, index),
              (Strings{"m=x|v=1|1", "m\\=x|v=1|1", "m=x|v=1|1", "m=x|v=1|1"}));
}

TEST(LineProtocol, TakesOnlyGuessesFromOneIndexToTheNext) {
    LineProtocolParser parser;
    for (const std::string_view name : {"a", "bb", "a", "c"}) {
        const std::string m(name);
        model::SeriesIndex index;
        for (int request = 0; request < 3; ++request) {
            model::PointBatch batch;
            const std::string tag = std::to_string(request);
            const std::string body = m + ",t=" + tag + " v=1,s=\"x\" 1\n" + m + ",t=new" + tag +
                                     " v=2,s=\"\\\"\" 2\n" + m + ",t=" + tag + " s=\"z\",w=f 3\n";
            parser.parse(body, {}, {}, index, batch);
            EXPECT_EQ(
                testing::describe_rows(batch, index),
                (Strings{m + ",t=" + tag + "|s=\"x\",v=1|1", m + ",t=new" + tag + "|s=\"\"\",v=2|2",
                         m + ",t=" + tag + "|s=\"z\",w=false|3"}));
        }
    }
}

TEST(LineProtocol, BoundsKeysAndStrings) {
    const std::string big(70000, 'k');
    const std::string long_key = "m,a=" + big + " v=1 1";
    EXPECT_EQ(parse(long_key).result.rejections.at(0).message.substr(kRejectionBytesMax - 5),
              "kkkkk");
    const std::string name(65535 - 1 - 4 + 1, 'f');
    EXPECT_EQ(parse("m " + name + "=1 1").result.rejected, 1u);
    EXPECT_EQ(parse("m " + name.substr(1) + "=1 1").result.rows, 1u);
    const std::string text(ParseOptions().string_bytes_max, 's');
    EXPECT_EQ(parse("m v=\"" + text + "\" 1").result.rows, 1u);
    EXPECT_EQ(parse("m v=\"" + text.substr(1) + "\\\"\" 1").result.rows, 1u);
    const Parsed over = parse("m v=\"" + text + "s\" 1");
    EXPECT_EQ(over.messages,
              Strings{"input field \"v\" on measurement \"m\" is too long, 1048577 > 1048576"});
    EXPECT_EQ(over.result.rejections.at(0).reason, model::RejectReason::kLimit);
}

TEST(LineProtocol, RefusesRowsThatAreMostlyNulls) {
    const auto parse = [](std::uint32_t lines, std::uint32_t fields) {
        std::string body;
        for (std::uint32_t i = 0; i < lines; ++i) {
            body += "m,h=a f" + std::to_string(i % fields) + "=1 1\n";
        }
        const model::ShardMap shards({}, kWeekNs, INT64_MIN);
        model::SeriesIndex index;
        model::PointBatch batch;
        const ParseResult result = LineProtocolParser().parse(body, {}, shards, index, batch);
        EXPECT_TRUE(result.is_too_sparse || batch.row_count() == lines);
        EXPECT_LT(batch.memory_bytes(), 400u << 20);
        return result.is_too_sparse;
    };
    EXPECT_FALSE(parse(4'000, 4'000));
    EXPECT_TRUE(parse(5'000, 5'000)) << "every line brings a field";
    EXPECT_FALSE(parse(200'000, 80));
    EXPECT_TRUE(parse(200'000, 90)) << "lines of known fields";
}

TEST(LineProtocol, BoundsWhatItSaysAboutRefusedLines) {
    std::string body;
    for (int i = 0; i < 10000; ++i) body += "not line protocol at all\n";
    const Parsed parsed = parse(body);
    EXPECT_EQ(parsed.result.rejected, 10000u);
    std::size_t bytes = 0;
    for (const std::string& each : parsed.messages) bytes += each.size();
    EXPECT_LE(bytes, kRejectionBytesMax);
    EXPECT_GT(parsed.messages.size(), 500u);
}

}  // namespace
}  // namespace sluice::ingest
