#include "sluice/query/statement_executor.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "case_file.h"
#include "memory_source.h"
#include "sluice/query/value_text.h"

namespace sluice::query {
namespace {

struct TextSink final : AnswerSink {
    AnswerStart head;
    std::string text;
    std::size_t bytes_max = std::numeric_limits<std::size_t>::max();

    void begin(const AnswerStart& begun) override { head = begun; }
    io::Task<Result<void>> write(std::string_view bytes) override {
        if (text.size() + bytes.size() > bytes_max) {
            co_return Error{ErrorKind::kCancelled, "the client is gone"};
        }
        text += bytes;
        co_return Result<void>();
    }
};

QueryRequest request_for(std::string text, std::string_view flags = {}) {
    const auto has = [&](char flag) { return flags.find(flag) != std::string_view::npos; };
    QueryRequest request;
    request.text = std::move(text);
    request.database = "d";
    request.chunked = has('c');
    request.chunk_size = 2;
    request.pretty = has('p');
    if (has('e')) request.epoch = "ms";
    if (has('v')) request.format = AnswerFormat::kCsv;
    return request;
}

std::string answer(StatementExecutor& executor, QueryRequest request) {
    TextSink sink;
    auto task = executor.execute(std::move(request), sink);
    EXPECT_TRUE(task.done());
    EXPECT_TRUE(task.take().ok());
    return sink.text;
}

// The points behind oracle_cases.txt, dealt to the cores in turn: no answer depends on where a
// point lies.
std::unique_ptr<MemorySource> oracle_points(std::uint32_t cores) {
    auto source = std::make_unique<MemorySource>(cores);
    std::uint32_t next = 0;
    const auto add = [&](std::string measurement, std::vector<model::Tag> tags,
                         std::vector<MemoryField> fields, std::int64_t time) {
        source->add_point(next++ % cores, measurement, std::move(tags), std::move(fields), time);
    };
    const auto first = [&](std::string host, std::int64_t i, double f, std::string s, bool b) {
        add("m", {{"h", std::move(host)}},
            {integer_field("i", i), float_field("f", f), string_field("s", std::move(s)),
             boolean_field("b", b)},
            1000);
    };
    first("a", 1, 1.5, "x", true);
    first("b", 2, 2.5, "y", false);
    first("c", 3, 3.5, "z", true);
    add("m", {{"h", "a"}}, {integer_field("i", 4)}, 2000);
    add("m", {{"h", "b"}}, {integer_field("i", 5)}, 2000);
    add("m", {{"h", "c"}}, {integer_field("i", 6)}, 2000);
    add("f", {{"h", "a"}}, {float_field("x", 1), integer_field("y", 1)}, 0);
    add("f", {{"h", "a"}}, {float_field("x", 2)}, 10 * kSecondNs);
    add("f", {{"h", "a"}}, {float_field("x", 5), integer_field("y", 7)}, 40 * kSecondNs);
    add("f", {{"h", "b"}}, {float_field("x", 3), string_field("s", "q")}, 20 * kSecondNs);
    add("f", {{"h", "b"}}, {integer_field("y", 2)}, 30 * kSecondNs);
    add("w", {{"h", "a"}, {"r", "eu"}}, {float_field("v", 1)}, kSecondNs);
    add("w", {{"h", "a"}, {"r", "us"}}, {float_field("v", 2)}, 2 * kSecondNs);
    add("w", {{"h", "b"}}, {float_field("v", 4)}, 604'800 * kSecondNs);
    add("w", {{"h", "b"}, {"r", "eu"}}, {float_field("v", 8)}, 1'300'000 * kSecondNs);
    return source;
}

TEST(StatementExecutor, AnswersAsInfluxdbDoesWhereverThePointsLie) {
    constexpr std::string_view kFlagsFollow = " ## ";
    for (const std::uint32_t cores : {1u, 2u, 3u}) {
        SCOPED_TRACE(std::to_string(cores) + " cores");
        StatementExecutor executor(oracle_points(cores));
        test::run_cases("unit/query/oracle_cases.txt", [&](const std::string& input) {
            const std::size_t end = input.find(kFlagsFollow);
            const std::string flags =
                end == std::string::npos ? "" : input.substr(end + kFlagsFollow.size());
            std::string text = answer(executor, request_for(input.substr(0, end), flags));
            EXPECT_TRUE(text.ends_with('\n')) << input;
            if (!text.empty()) text.pop_back();
            return text;
        });
    }
}

TEST(StatementExecutor, RunsNothingOfARequestThatItsUserMayNotRun) {
    std::unique_ptr<MemorySource> source = oracle_points(1);
    io::Task<Result<void>> changing =
        source->change_catalog([](meta::CatalogEditor& editor) -> Result<void> {
            SLUICE_TRY_VOID(editor.create_user("ann", "hash", false));
            return editor.grant("ann", "d", meta::Privilege::kRead);
        });
    ASSERT_TRUE(changing.take().ok());
    StatementExecutor executor(std::move(source));
    const auto ask = [&executor](std::string text, std::string user) {
        QueryRequest request = request_for(std::move(text));
        request.authorize = true;
        request.user = std::move(user);
        auto checking = executor.check(request);
        const std::optional<QueryRefusal> refusal = checking.take();
        TextSink sink;
        auto task = executor.execute(request, sink);
        EXPECT_TRUE(task.take().ok());
        EXPECT_EQ(sink.head.status, refusal ? refusal->status : 200);
        EXPECT_EQ(sink.head.error, refusal ? refusal->message : "");
        return std::to_string(sink.head.status) + " " + sink.text;
    };
    EXPECT_EQ(
        ask("SHOW DATABASES", "ann"),
        "200 {\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"databases\",\"columns\":["
        "\"name\"],\"values\":[[\"d\"]]}]}]}\n");
    EXPECT_EQ(ask("SHOW DATABASES; SHOW USERS", "ann"),
              "403 {\"error\":\"error authorizing query: ann not authorized to execute statement "
              "'SHOW USERS', requires admin privilege\"}\n");
    EXPECT_EQ(ask("SHOW DATABASES", ""),
              "403 {\"error\":\"error authorizing query: no user provided\"}\n");
    EXPECT_EQ(ask("SHOW DATABASES", "nobody"),
              "403 {\"error\":\"error authorizing query: no user provided\"}\n");
    EXPECT_TRUE(ask("SHOW", "ann").starts_with("400 "));
}

TEST(StatementExecutor, TakesTheLastWriteOfEachFieldWhereSeriesLieInSeveralStores) {
    auto source = std::make_unique<MemorySource>(2);
    source->add_point(0, "m", {}, {float_field("a", 1), float_field("b", 1)}, 10);
    source->add_point(1, "m", {}, {float_field("a", 2)}, 10);
    source->add_point(1, "m", {}, {float_field("a", 5)}, 20);
    source->add_point(0, "m", {}, {float_field("a", 7)}, 20);
    StatementExecutor executor(std::move(source));
    QueryRequest request = request_for(
        "SELECT a, b FROM m; SELECT count(a), sum(a), max(a) FROM m;"
        "SELECT a FROM m WHERE a = 1; SELECT count(a) FROM m WHERE a > 2");
    request.epoch = "ns";
    EXPECT_EQ(answer(executor, std::move(request)),
              "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"m\",\"columns\":[\"time\","
              "\"a\",\"b\"],\"values\":[[10,2,1],[20,7,null]]}]},"
              "{\"statement_id\":1,\"series\":[{\"name\":\"m\",\"columns\":[\"time\",\"count\","
              "\"sum\",\"max\"],\"values\":[[0,2,9,7]]}]},"
              "{\"statement_id\":2},"
              "{\"statement_id\":3,\"series\":[{\"name\":\"m\",\"columns\":[\"time\",\"count\"],"
              "\"values\":[[0,1]]}]}]}\n");
}

// The same answers in pieces when memory is short.
TEST(StatementExecutor, AnswersTheSameInLittleMemory) {
    const auto fill = [](MemorySource& source) {
        for (int i = 0; i < 4000; ++i) {
            source.add_point(static_cast<std::uint32_t>(i % 2), "m",
                             {{"h", std::to_string(i % 40)}}, {integer_field("v", i)},
                             std::int64_t{i} * kSecondNs);
        }
    };
    auto roomy = std::make_unique<MemorySource>(2);
    fill(*roomy);
    auto tight = std::make_unique<MemorySource>(2);
    fill(*tight);
    StatementExecutor wide(std::move(roomy));
    StatementExecutor narrow(std::move(tight), {.memory_bytes_max = 160 * 1024});
    for (const std::string_view statement :
         {"SELECT v FROM m", "SELECT v FROM m ORDER BY time DESC", "SELECT v FROM m GROUP BY h",
          "SELECT v FROM m ORDER BY time DESC LIMIT 3", "SELECT v, h FROM m WHERE v > 3990",
          "SELECT sum(v), count(v) FROM m WHERE time >= 0 AND time < 4000s GROUP BY h, "
          "time(10m)"}) {
        EXPECT_EQ(answer(narrow, request_for(std::string(statement))),
                  answer(wide, request_for(std::string(statement))))
            << statement;
    }
}

TEST(StatementExecutor, RefusesWhatDoesNotFitIntoMemory) {
    auto source = std::make_unique<MemorySource>(1);
    for (int i = 0; i < 20'000; ++i) {
        source->add_point(0, "m", {}, {integer_field("v", i)}, i * kSecondNs);
    }
    StatementExecutor executor(std::move(source), {.memory_bytes_max = 64 * 1024});
    const std::string text =
        answer(executor, request_for("SELECT sum(v) FROM m WHERE time < 20000s GROUP BY time(1s)"));
    EXPECT_NE(text.find("query needs more memory than this server grants it"), std::string::npos);
}

// Each measurement has a scan of its own, and all are open at once.
TEST(StatementExecutor, SharesItsMemoryAmongTheScansOfASelect) {
    const auto ask = [](std::uint64_t memory_bytes_max) {
        auto source = std::make_unique<MemorySource>(2);
        for (int i = 0; i < 8'000; ++i) {
            source->add_point(i % 2, "m" + std::to_string(i % 16), {{"h", std::to_string(i % 3)}},
                              {integer_field("v", i)}, i * kSecondNs);
        }
        StatementExecutor executor(std::move(source), {.memory_bytes_max = memory_bytes_max});
        return answer(executor, request_for("SELECT difference(v) FROM /m/ GROUP BY h", "e")) +
               answer(executor, request_for("SELECT v FROM /m/", "e"));
    };
    const std::string all = ask(256 << 20);
    EXPECT_GT(all.size(), 100'000u);
    EXPECT_TRUE(ask(512 << 10) == all);
}

std::string error_of(StatementExecutor& executor, std::string statement) {
    const std::string text = answer(executor, request_for(std::move(statement)));
    const std::string_view head = "{\"results\":[{\"statement_id\":0,\"error\":\"";
    if (!text.starts_with(head)) return "";
    return text.substr(head.size(), text.size() - head.size() - std::string_view("\"}]}\n").size());
}

TEST(StatementExecutor, BoundsTheSeriesOfAMeasurementInAShard) {
    const auto fill = [](std::uint32_t cores) {
        auto source = std::make_unique<MemorySource>(cores);
        for (std::uint32_t host = 0; host < 5; ++host) {
            for (std::uint32_t core = 0; core < cores; ++core) {
                source->add_point(core, "m", {{"h", std::to_string(host)}},
                                  {integer_field("v", host)}, core * kSecondNs);
            }
            source->add_point(0, "other", {{"h", std::to_string(host)}}, {integer_field("v", host)},
                              0);
        }
        return source;
    };
    for (const std::uint32_t cores : {1u, 2u}) {
        StatementExecutor enough(fill(cores), {.series_max = 5});
        for (const char* statement :
             {"SELECT v FROM m", "SELECT sum(v) FROM m, other",
              "SELECT max(s) FROM (SELECT sum(v) AS s FROM m GROUP BY h)"}) {
            EXPECT_EQ(error_of(enough, statement), "") << statement;
        }
        StatementExecutor executor(fill(cores), {.series_max = 3});
        const std::string exceeded = "max-select-series limit exceeded: (4/3)";
        EXPECT_EQ(error_of(executor, "SELECT v FROM m"), exceeded);
        EXPECT_EQ(error_of(executor, "SELECT v FROM m GROUP BY h SLIMIT 1"), exceeded);
        EXPECT_EQ(error_of(executor, "SELECT mean(v) FROM m"), exceeded);
        EXPECT_EQ(error_of(executor, "SELECT max(s) FROM (SELECT sum(v) AS s FROM m GROUP BY h)"),
                  exceeded);
        EXPECT_EQ(error_of(executor, "SELECT v FROM m WHERE h < '9' AND h =~ /[0-2]/"), "");
        EXPECT_EQ(error_of(executor, "SELECT v FROM m WHERE h !~ /4/ GROUP BY h"), exceeded);
        EXPECT_EQ(error_of(executor, "SELECT v FROM m WHERE h !~ /4/ GROUP BY h SLIMIT 1"), "");
    }
}

TEST(StatementExecutor, BoundsThePointsThatASelectReads) {
    const auto fill = [](std::uint32_t cores) {
        auto source = std::make_unique<MemorySource>(cores);
        for (std::uint32_t i = 0; i < 100; ++i) {
            source->add_point(i % cores, "m", {{"h", std::to_string(i % 4)}},
                              {integer_field("v", i)}, i * kSecondNs);
        }
        return source;
    };
    for (const std::uint32_t cores : {1u, 2u}) {
        StatementExecutor enough(fill(cores), {.points_max = 100});
        StatementExecutor executor(fill(cores), {.points_max = 60});
        for (const char* statement :
             {"SELECT v FROM m", "SELECT sum(v) FROM m", "SELECT median(v) FROM m",
              "SELECT sum(v) FROM m WHERE v < 80", "SELECT v FROM m ORDER BY time DESC",
              "SELECT max(s) FROM (SELECT sum(v) AS s FROM m GROUP BY h)"}) {
            EXPECT_EQ(error_of(enough, statement), "") << statement;
            EXPECT_TRUE(
                error_of(executor, statement).starts_with("max-select-point limit exceeed: ("))
                << statement;
        }
        for (const char* statement :
             {"SELECT v FROM m WHERE v < 50", "SELECT v FROM m LIMIT 5",
              "SELECT v + 1 FROM m WHERE h = '1'", "SELECT v FROM m ORDER BY time DESC LIMIT 5",
              "SELECT sum(v) FROM m WHERE v < 60"}) {
            EXPECT_EQ(error_of(executor, statement), "") << statement;
        }
        EXPECT_TRUE(error_of(enough, "SELECT v FROM m; SELECT v FROM m").empty());
        EXPECT_NE(error_of(enough, "SELECT sum(v), median(v) FROM m"), "");
    }
    StatementExecutor one(fill(1), {.points_max = 60});
    EXPECT_EQ(error_of(one, "SELECT sum(v) FROM m WHERE v < 61"),
              "max-select-point limit exceeed: (61/60)");
}

TEST(StatementExecutor, BoundsTheWindowsOfASelect) {
    StatementExecutor executor(oracle_points(1), {.windows_max = 3});
    EXPECT_EQ(error_of(executor,
                       "SELECT sum(x) FROM f WHERE time >= 0 AND time < 40s GROUP BY time(10s)"),
              "max-select-buckets limit exceeded: (4/3)");
    EXPECT_EQ(error_of(executor,
                       "SELECT sum(x) FROM f WHERE time >= 0 AND time < 30s GROUP BY time(10s)"),
              "");
}

TEST(StatementExecutor, StopsWhenTheClientIsGone) {
    auto source = std::make_unique<MemorySource>(1);
    for (int i = 0; i < 20'000; ++i) source->add_point(0, "m", {}, {integer_field("v", i)}, i);
    StatementExecutor executor(std::move(source));
    TextSink sink;
    sink.bytes_max = 100'000;
    auto task = executor.execute(request_for("SELECT v FROM m"), sink);
    ASSERT_TRUE(task.done());
    EXPECT_FALSE(task.take().ok());
    EXPECT_LE(sink.text.size(), sink.bytes_max);
}

TEST(StatementExecutor, AnswersAParseErrorWithStatus400) {
    StatementExecutor executor(std::make_unique<MemorySource>(1));
    TextSink sink;
    auto task = executor.execute(request_for("SELECT"), sink);
    ASSERT_TRUE(task.take().ok());
    EXPECT_EQ(sink.head.status, 400);
    EXPECT_EQ(sink.text,
              "{\"error\":\"error parsing query: found EOF, expected identifier, string, number, "
              "bool at line 1, char 8\"}\n");
    EXPECT_EQ(sink.head.error,
              "error parsing query: found EOF, expected identifier, string, number, bool at line "
              "1, char 8");
}

// What reaches the engine is checked by tests/compat/query/sequences/delete*.txt; here, how the
// condition is read.
TEST(StatementExecutor, DeletesAreTimeMeasurementsAndTags) {
    auto source = oracle_points(1);
    MemorySource& engine = *source;
    StatementExecutor executor(std::move(source));
    const auto deleted = [&](std::string statement) {
        engine.deleted.clear();
        const std::string text = answer(executor, request_for(std::move(statement)));
        return engine.deleted.empty() ? text : engine.deleted.front();
    };
    EXPECT_EQ(deleted("DELETE FROM w, /^m/ WHERE r = 'us' AND time >= 5 AND time < 10"),
              "sequence 0, groups up to 0, times 5 to 9, from w, /^m/, where \"r\" = 'us'");
    EXPECT_EQ(deleted("DELETE WHERE (h = 'a' OR h !~ /b/) AND h != r AND time < 10"),
              "sequence 0, groups up to 0, times -9223372036854775806 to 9, where ((\"h\" = 'a' OR "
              "\"h\" !~ /b/) AND \"h\" != \"r\")");
    EXPECT_EQ(deleted("DROP SERIES FROM w WHERE time > 5"),
              "{\"results\":[{\"statement_id\":0,\"error\":\"DROP SERIES doesn't support time in "
              "WHERE clause\"}]}\n");
    EXPECT_EQ(deleted("DELETE FROM w WHERE r = 'nosuch' AND v > 1"),
              "{\"results\":[{\"statement_id\":0}]}\n");
    EXPECT_NE(deleted("DELETE FROM w WHERE v > 1")
                  .find(": fields not supported in WHERE clause during deletion"),
              std::string::npos);
}

// More series than are listed; a third of them has points on both cores.
TEST(StatementExecutor, ReadsACrowdOfSeriesWithoutAList) {
    constexpr int kSeries = 240'000;
    auto source = std::make_unique<MemorySource>(2);
    const auto add = [&](std::uint32_t core, int series, std::int64_t value, std::int64_t time) {
        source->add_point(core, "m", {{"h", std::to_string(series)}}, {integer_field("v", value)},
                          time);
    };
    for (int i = 0; i < kSeries; ++i) {
        const bool is_first_third = i < kSeries / 3;
        if (is_first_third || i % 2 == 0) add(0, i, 1, 1000);
        // On the first core as well, with an older value of the same point and one of its own.
        if (is_first_third || i % 2 == 1) add(1, i, 2, 1000);
        if (is_first_third) add(1, i, 10, 2000);
    }
    StatementExecutor executor(std::move(source));
    const auto ask = [&](std::string text) { return answer(executor, request_for(text, "e")); };
    const auto row = [](std::string column, std::int64_t value) {
        return R"({"results":[{"statement_id":0,"series":[{"name":"m","columns":["time",")" +
               column + R"("],"values":[[0,)" + std::to_string(value) + "]]}]}]}\n";
    };
    EXPECT_EQ(ask("SELECT count(v) FROM m"), row("count", kSeries + kSeries / 3));
    // One of the two values of a point that both cores have, each whole series the same way.
    const std::string sum = ask("SELECT sum(v) FROM m");
    constexpr std::int64_t kOthers = (1 + 2 + 10) * (kSeries / 3);
    EXPECT_TRUE(sum == row("sum", kOthers + kSeries / 3) ||
                sum == row("sum", kOthers + 2 * (kSeries / 3)))
        << sum;
    EXPECT_EQ(ask("SELECT max(v) FROM m WHERE h = '5'"),
              R"({"results":[{"statement_id":0,"series":[{"name":"m","columns":["time","max"],)"
              R"("values":[[0,10]]}]}]})"
              "\n");
    EXPECT_EQ(ask("SHOW TAG KEYS"),
              R"({"results":[{"statement_id":0,"series":[{"name":"m","columns":["tagKey"],)"
              R"("values":[["h"]]}]}]})"
              "\n");
}

// Enough rows that it is worth asking which series have a time in two stores: "both" has every
// third, "apart" none, "once" lies in one store.
std::unique_ptr<MemorySource> many_rows(std::uint32_t cores) {
    constexpr int kRows = 12'000;
    auto source = std::make_unique<MemorySource>(cores);
    const std::uint32_t last = cores - 1;
    for (int i = 0; i < kRows; ++i) {
        const auto add = [&](std::uint32_t core, const char* host, MemoryField field) {
            source->add_point(core, "m", {{"h", host}}, {std::move(field)}, 1000 * i);
        };
        const std::uint32_t turn = i / 50 % 2 == 0 ? 0 : last;
        add(turn, "apart", integer_field("v", i % 1009));
        add(turn, "apart", float_field("f", 0.1 * i));
        add(0, "once", integer_field("v", 7 * i % 1013));
        add(turn, "both", integer_field("v", i % 907));
        if (i % 3 == 0) add(last - turn, "both", integer_field("v", -1));
        if (i % 3 == 1) add(last - turn, "both", float_field("f", 0.7 * i));
    }
    return source;
}

TEST(StatementExecutor, AnswersTheSameWhereverManyRowsLie) {
    StatementExecutor one(many_rows(1));
    StatementExecutor two(many_rows(2));
    for (const char* text :
         {"SELECT count(v), sum(v), min(v), max(v) FROM m GROUP BY h", "SELECT count(*) FROM m",
          "SELECT first(v), last(v) FROM m GROUP BY h", "SELECT max(v), f FROM m GROUP BY h",
          "SELECT last(f), v FROM m GROUP BY h", "SELECT sum(f), mean(v) FROM m GROUP BY h",
          "SELECT count(v), max(v) FROM m WHERE f > 100.5 GROUP BY h",
          "SELECT count(f) FROM m WHERE time >= 100u GROUP BY time(1ms), h fill(none)",
          "SELECT * FROM m GROUP BY h ORDER BY time DESC LIMIT 1",
          "SELECT * FROM m GROUP BY h LIMIT 1", "SELECT * FROM m ORDER BY time DESC LIMIT 70",
          "SELECT * FROM m GROUP BY h ORDER BY time DESC LIMIT 9000",
          "SELECT v, f, h FROM m WHERE v > 800 AND f < 5000", "SELECT * FROM m",
          "SELECT v FROM m WHERE v < 0 LIMIT 5", "SELECT median(f), percentile(v, 90) FROM m",
          "SELECT derivative(v) FROM m WHERE h = 'apart'"}) {
        EXPECT_EQ(answer(two, request_for(text, "e")), answer(one, request_for(text, "e"))) << text;
    }
}

TEST(StatementExecutor, PutsBoundParametersIntoTheText) {
    StatementExecutor executor(oracle_points(1));
    QueryRequest request = request_for("SELECT v FROM w WHERE r = $region", "e");
    request.params = R"({"region":"us"})";
    EXPECT_EQ(answer(executor, std::move(request)),
              "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"w\",\"columns\":[\"time\","
              "\"v\"],\"values\":[[2000,2]]}]}]}\n");
}

TEST(ResultWriter, PrintsFloatsAsGoDoes) {
    struct Case {
        double value;
        std::string_view json;
    };
    constexpr Case kCases[] = {{0, "0"},
                               {-0.0, "-0"},
                               {1, "1"},
                               {1.5, "1.5"},
                               {1e20, "100000000000000000000"},
                               {1e21, "1e+21"},
                               {1e-6, "0.000001"},
                               {1e-7, "1e-7"},
                               {0.1, "0.1"},
                               {1152921504606846976.0, "1152921504606847000"},
                               {-2.5e-9, "-2.5e-9"}};
    for (const Case& c : kCases) {
        std::string text;
        append_json_float(text, c.value);
        EXPECT_EQ(text, c.json);
    }
}

TEST(ResultWriter, EscapesStringsAsGoDoes) {
    std::string text;
    append_json_string(text, "a<b>&\"\\\n\t\x01\xff\xE2\x80\xA8\xC3\xA4");
    EXPECT_EQ(text, "\"a\\u003cb\\u003e\\u0026\\\"\\\\\\n\\t\\u0001\\ufffd\\u2028\xC3\xA4\"");
}

}  // namespace
}  // namespace sluice::query
