#include "query/compile/compile.h"

#include <gtest/gtest.h>

#include "case_file.h"
#include "sluice/influxql/parser.h"

namespace sluice::query {
namespace {

Result<std::unique_ptr<SelectNode>> compile(const std::string& text) {
    SLUICE_TRY(const std::vector<influxql::Statement> statements, influxql::parse_query(text));
    return compile_select(std::get<influxql::SelectStatement>(statements.at(0)), 1'000'000'000);
}

TEST(Compile, RefusesWhatInfluxDbRefuses) {
    test::run_cases("unit/query/compile/refusals.txt", [](const std::string& statement) {
        const Result<std::unique_ptr<SelectNode>> compiled = compile(statement);
        return compiled.ok() ? "no error" : compiled.error().message;
    });
}

// Each is a scan with buffers of its own.
TEST(Compile, BoundsSubqueriesAndRepeatedMeasurements) {
    const auto repeat = [](const std::string& text, int count) {
        std::string list = text;
        for (int i = 1; i < count; ++i) list += ", " + text;
        return list;
    };
    EXPECT_TRUE(compile("select f from " + repeat("m", 257)).ok());
    EXPECT_FALSE(compile("select f from " + repeat("m", 258)).ok());
    const std::string hundred = "(select f from " + repeat("m", 100) + ")";
    EXPECT_TRUE(compile("select f from " + repeat(hundred, 2)).ok());
    EXPECT_FALSE(compile("select f from " + repeat(hundred, 3)).ok());
    std::string names = "m0";
    for (int i = 1; i < 1000; ++i) names += ", m" + std::to_string(i);
    EXPECT_TRUE(compile("select f from " + names).ok()) << "all in one scan";
}

}  // namespace
}  // namespace sluice::query
