#include "sluice/query/continuous_queries.h"

#include <gtest/gtest.h>

#include "sluice/base/units.h"
#include "sluice/influxql/printer.h"
#include "sluice/io/reactor.h"

namespace sluice::query {
namespace {

constexpr model::Timestamp kNoon = 946'728'000 * kSecondNs;  // 2000-01-01 12:00

std::shared_ptr<const meta::Catalog> catalog_with(std::vector<std::string> names) {
    auto database = std::make_shared<meta::Database>();
    database->name = "d";
    database->default_retention_policy = "p";
    for (std::string& name : names) {
        auto query = std::make_shared<meta::ContinuousQuery>();
        query->text = "CREATE CONTINUOUS QUERY " + name +
                      " ON d BEGIN SELECT mean(v) INTO d.p.x FROM d.p.m GROUP BY time(1m) END";
        query->name = std::move(name);
        database->continuous_queries.push_back(std::move(query));
    }
    auto catalog = std::make_shared<meta::Catalog>();
    catalog->databases.push_back(std::move(database));
    catalog->databases_by_name = {0};
    return catalog;
}

// What each look runs.
class Looks {
public:
    std::vector<std::string> at(model::Timestamp now, std::vector<std::string> names) {
        ran_.clear();
        auto task = queries_.run_due(catalog_with(std::move(names)), now, [] { return false; });
        EXPECT_TRUE(task.done());
        return ran_;
    }

private:
    io::Task<Result<std::uint64_t>> note(influxql::SelectStatement select) {
        const std::string statement = influxql::to_string(select);
        ran_.push_back(statement.substr(statement.find("WHERE")));
        co_return 1;
    }

    std::vector<std::string> ran_;
    ContinuousQueries queries_{
        [this](std::string, influxql::SelectStatement select) { return note(std::move(select)); },
        false};
};

std::vector<std::string> windows(std::string_view begin, std::string_view end) {
    return {"WHERE time >= '2000-01-01T12:" + std::string(begin) +
            "Z' AND time < '2000-01-01T12:" + std::string(end) + "Z' GROUP BY time(1m)"};
}

// As InfluxDB, whose list of last runs outlives the queries.
TEST(ContinuousQueries, GoOnWhereTheyWereWhenTheyAreDroppedAndMadeAgain) {
    Looks looks;
    EXPECT_TRUE(looks.at(kNoon + kSecondNs, {"q"}).empty());
    EXPECT_EQ(looks.at(kNoon + kMinuteNs, {"q"}), windows("00:00", "01:00"));
    EXPECT_TRUE(looks.at(kNoon + 2 * kMinuteNs, {}).empty());
    EXPECT_TRUE(looks.at(kNoon + 3 * kMinuteNs + kSecondNs, {"other"}).empty());
    EXPECT_EQ(looks.at(kNoon + 4 * kMinuteNs, {"q"}), windows("01:00", "04:00"));
    EXPECT_TRUE(looks.at(kNoon + 4 * kMinuteNs + kSecondNs, {"q"}).empty());
}

TEST(ContinuousQueries, ForgetTheLongestDroppedOfVeryMany) {
    Looks looks;
    looks.at(kNoon + kSecondNs, {"oldest"});
    std::vector<std::string> many;
    for (int i = 0; i < 1000; ++i) many.push_back("q" + std::to_string(i));
    looks.at(kNoon + kMinuteNs, many);
    looks.at(kNoon + kMinuteNs, {});
    EXPECT_TRUE(looks.at(kNoon + 2 * kMinuteNs + kSecondNs, {"oldest"}).empty());
    EXPECT_EQ(looks.at(kNoon + 2 * kMinuteNs + kSecondNs, {"q7"}), windows("01:00", "02:00"));
}

}  // namespace
}  // namespace sluice::query
