// What is printed is parsed again: statements are made up, and their text has to be its own fixed
// point.
#include "sluice/influxql/printer.h"

#include <gtest/gtest.h>

#include <limits>

#include "sluice/base/random.h"
#include "sluice/influxql/parser.h"

namespace sluice::influxql {
namespace {

// Makes up statements of every kind from names that need quotes, escapes, or nothing.
class Author {
public:
    explicit Author(std::uint64_t seed) : random_(seed) {}

    Statement statement() {
        switch (random_.below(18)) {
            case 0:
                return ExplainStatement{flip(), select(2)};
            case 1:
                return DeleteStatement{{measurement_only()}, maybe_condition()};
            case 2:
                return DropSeriesStatement{{}, ExprBox(condition(3))};
            case 3:
                return ShowSeriesStatement{clauses(false)};
            case 4:
                return ShowTagKeysStatement{clauses(true)};
            case 5:
                return ShowTagValuesStatement{clauses(false), filter()};
            case 6:
                return cardinality();
            case 7:
                return CreateRetentionPolicyStatement{name(),     name(), duration(), number(1'000),
                                                      duration(), flip(), limit(),    limit()};
            case 8:
                return DropRetentionPolicyStatement{name(), name()};
            case 9:
                return CreateSubscriptionStatement{
                    name(), name(), name(), flip() ? "ALL" : "ANY", {text(), text()}};
            case 10:
                return GrantStatement{static_cast<Privilege>(random_.below(3)), name(), name()};
            case 11:
                return RevokeStatement{Privilege::kAll, {}, name()};
            case 12:
                return KillQueryStatement{random_.next(), flip() ? name() : std::string()};
            case 13:
                return continuous_query();
            case 14:
                return DropMeasurementStatement{name()};
            case 15:
                return ShowStatsStatement{flip() ? text() : std::string()};
            default:
                return select(3);
        }
    }

    Expr operand(int depth) {
        switch (random_.below(depth > 0 ? 11 : 7)) {
            case 0:
                return IntegerLiteral{static_cast<std::int64_t>(random_.next() >> 1)};
            case 1:
                // Numbers are printed with three places.
                return NumberLiteral{static_cast<double>(random_.between(-9000, 9000)) / 8};
            case 2:
                return StringLiteral{text()};
            case 3:
                return BooleanLiteral{flip()};
            case 4:
                return DurationLiteral{duration()};
            case 5:
                return UnsignedLiteral{random_.next() | (std::uint64_t{1} << 63)};
            case 6:
            case 7:
                return VarRef{name(), flip() ? DataType::kUnknown : DataType::kTag};
            case 8:
                return Call{"f" + std::to_string(random_.below(9)), {sum(depth - 1), VarRef{"x"}}};
            default:
                return ParenExpr{sum(depth - 1)};
        }
    }

    std::string name() {
        constexpr std::string_view kNames[] = {
            "cpu",      "a b", "select", "SELECT", "a\"b", "a\\", "a\nb", "9x",  "_",
            "a.b",      "",    "time",   "'",      "\\\"", "tz",  "fill", "a/b", "$x",
            "\xC3\xA4", "and", "true",   "past",   "--",   "/*",  "::tag"};
        // The empty name means "not written" in most places of a statement.
        std::string found;
        while (found.empty()) found = kNames[random_.below(std::size(kNames))];
        return found;
    }

private:
    bool flip() { return random_.chance(0.5); }
    std::int64_t number(std::uint64_t below) {
        return static_cast<std::int64_t>(1 + random_.below(below));
    }
    std::int64_t duration() {
        constexpr std::int64_t kUnits[] = {1, 1'000, 1'000'000, 1'000'000'000, 60'000'000'000};
        return number(10'000) * kUnits[random_.below(std::size(kUnits))];
    }
    std::optional<std::int64_t> limit() {
        return flip() ? std::optional<std::int64_t>() : duration();
    }
    std::string text() { return flip() ? name() : "it's \"" + name() + "\""; }

    // Operators that bind looser stand in parentheses, as a parser leaves them.
    Expr sum(int depth) {
        Expr left = product(depth);
        if (flip()) return left;
        return BinaryExpr{flip() ? Operator::kAdd : Operator::kSubtract, std::move(left),
                          product(depth)};
    }
    Expr product(int depth) {
        Expr left = operand(depth);
        if (flip()) return left;
        return BinaryExpr{flip() ? Operator::kMultiply : Operator::kModulo, std::move(left),
                          operand(depth)};
    }
    Expr comparison(int depth) {
        if (random_.chance(0.2)) {
            return BinaryExpr{Operator::kMatches, Expr(VarRef{name()}),
                              Expr(RegexLiteral{regex()})};
        }
        return BinaryExpr{
            static_cast<Operator>(static_cast<int>(Operator::kLess) + random_.below(4)), sum(depth),
            sum(depth)};
    }
    Expr condition(int depth) {
        if (depth == 0 || random_.chance(0.3)) return comparison(depth);
        Expr left = comparison(depth - 1);
        if (flip())
            return BinaryExpr{Operator::kAnd, std::move(left),
                              Expr(ParenExpr{condition(depth - 1)})};
        return BinaryExpr{Operator::kOr, std::move(left), comparison(depth - 1)};
    }
    ExprBox maybe_condition() { return flip() ? ExprBox() : ExprBox(condition(3)); }
    static Regex compiled(const char* pattern) { return *Regex::compile(pattern); }
    Regex regex() {
        constexpr const char* kPatterns[] = {"a", "^a/b$", "a\\.b", "", "[/]", "\\d+"};
        return compiled(kPatterns[random_.below(std::size(kPatterns))]);
    }
    Source measurement_only() { return Source{Measurement{"", "", name(), {}}}; }
    Measurement measurement() {
        Measurement found;
        if (flip()) found.database = name();
        if (flip()) found.retention_policy = name();
        if (flip()) {
            found.name = name();
        } else {
            found.regex = regex();
        }
        return found;
    }
    Source source(int depth) {
        if (depth > 0 && random_.chance(0.3))
            return Source{Box<SelectStatement>(select(depth - 1))};
        return Source{measurement()};
    }
    SelectStatement select(int depth) {
        SelectStatement made;
        made.fields.push_back({sum(2), flip() ? name() : std::string()});
        if (flip())
            made.fields.push_back({Wildcard{static_cast<WildcardKind>(random_.below(3))}, ""});
        made.sources.push_back(source(depth));
        if (flip()) made.sources.push_back(source(depth));
        made.condition = maybe_condition();
        if (flip()) {
            made.dimensions.push_back(Call{"time", {DurationLiteral{duration()}}});
            made.dimensions.push_back(VarRef{name()});
        }
        made.fill = static_cast<FillOption>(random_.below(5));
        if (made.fill == FillOption::kNumber) made.fill_value = number(100);
        if (flip()) made.sort_fields.push_back({flip() ? "time" : "", flip()});
        made.limit = flip() ? number(9) : 0;
        made.offset = flip() ? number(9) : 0;
        made.series_limit = flip() ? number(9) : 0;
        made.series_offset = flip() ? std::numeric_limits<std::int64_t>::max() : 0;
        if (flip()) made.time_zone = "Europe/Berlin";
        return made;
    }
    ShowClauses clauses(bool series_limits) {
        ShowClauses made;
        if (flip()) made.database = name();
        if (flip()) made.sources.push_back(Source{measurement()});
        made.condition = maybe_condition();
        made.limit = flip() ? number(9) : 0;
        made.offset = flip() ? number(9) : 0;
        if (series_limits) made.series_limit = number(9);
        return made;
    }
    TagKeyFilter filter() {
        TagKeyFilter made;
        made.kind = static_cast<TagKeyFilter::Kind>(random_.below(5));
        if (made.kind >= TagKeyFilter::Kind::kMatches) {
            made.regex = regex();
        } else {
            made.keys = {name()};
            if (made.kind == TagKeyFilter::Kind::kIn) made.keys.push_back(name());
        }
        return made;
    }
    ShowCardinalityStatement cardinality() {
        ShowCardinalityStatement made;
        made.kind = static_cast<ShowCardinalityStatement::Kind>(random_.below(5));
        made.exact = flip();
        made.clauses = clauses(false);
        if (made.kind == ShowCardinalityStatement::Kind::kTagValues) made.filter = filter();
        return made;
    }
    CreateContinuousQueryStatement continuous_query() {
        CreateContinuousQueryStatement made;
        made.name = name();
        made.database = name();
        made.select = select(0);
        made.select.target = Measurement{"", name(), flip() ? name() : std::string(), {}};
        made.select.fields = {{Call{"mean", {VarRef{name()}}}, ""}};
        made.select.dimensions = {Call{"time", {DurationLiteral{60'000'000'000}}}};
        if (flip()) {
            made.resample_every_ns = number(60) * 1'000'000'000;
            made.resample_for_ns = 3'600'000'000'000;
        }
        return made;
    }

    Random random_;
};

TEST(Printer, WritesWhatTheParserReadsAsTheSame) {
    for (std::uint64_t seed = 1; seed <= 4'000; ++seed) {
        const std::string text = to_string(Author(seed).statement());
        const auto parsed = parse_query(text);
        ASSERT_TRUE(parsed.ok()) << text << "\n" << parsed.error().message;
        ASSERT_EQ(parsed->size(), 1u) << text;
        ASSERT_EQ(to_string(parsed->front()), text);
    }
}

TEST(Printer, KeepsTheKindOfEveryLiteral) {
    Author author(7);
    for (int i = 0; i < 5'000; ++i) {
        const Expr expr = author.operand(0);
        const auto parsed = parse_expression(to_string(expr));
        ASSERT_TRUE(parsed.ok()) << to_string(expr);
        ASSERT_EQ(parsed->node.index(), expr.node.index()) << to_string(expr);
        if (const auto* text = expr.as<StringLiteral>()) {
            ASSERT_EQ(parsed->as<StringLiteral>()->value, text->value);
        }
        if (const auto* ref = expr.as<VarRef>()) {
            ASSERT_EQ(*parsed->as<VarRef>(), *ref);
        }
        if (const auto* duration = expr.as<DurationLiteral>()) {
            ASSERT_EQ(parsed->as<DurationLiteral>()->nanoseconds, duration->nanoseconds);
        }
        if (const auto* large = expr.as<UnsignedLiteral>()) {
            ASSERT_EQ(parsed->as<UnsignedLiteral>()->value, large->value);
        }
    }
}

TEST(Printer, QuotesANameOnlyWhereItHasTo) {
    const struct {
        std::string_view name;
        std::string_view printed;
    } kCases[] = {
        {"a", "a"},
        {"_", "_"},
        {"a9", "a9"},
        {"9a", "\"9a\""},
        {"", "\"\""},
        {"a b", "\"a b\""},
        {"from", "\"from\""},
        {"FROM", "\"FROM\""},
        {"or", "\"or\""},
        {"a-b", "\"a-b\""},
        {"a\"b", "\"a\\\"b\""},
        {"a'b", "\"a'b\""},
        {"a\\b", "\"a\\\\b\""},
        {"a\nb", "\"a\\nb\""},
        {"\xC3\xA4", "\"\xC3\xA4\""},
    };
    for (const auto& c : kCases) {
        EXPECT_EQ(quote_identifier(c.name), c.printed);
        EXPECT_EQ(parse_expression(quote_identifier(c.name))->as<VarRef>()->name, c.name);
    }
    EXPECT_EQ(quote_string("a'b\\\n\""), "'a\\'b\\\\\\n\"'");
}

TEST(Printer, NeverShowsAPassword) {
    for (const char* text : {"CREATE USER u WITH PASSWORD 'hidden' WITH ALL PRIVILEGES",
                             "SET PASSWORD FOR u = 'hidden'"}) {
        EXPECT_EQ(to_string(parse_query(text)->front()).find("hidden"), std::string::npos) << text;
    }
}

TEST(Printer, WritesNumbersWithThreePlacesAsInfluxdbDoes) {
    const auto printed = [](double value) { return to_string(Expr(NumberLiteral{value})); };
    EXPECT_EQ(printed(0), "0.000");
    EXPECT_EQ(printed(-0.0), "-0.000");
    EXPECT_EQ(printed(1.0005), "1.000");  // the double is a little less
    EXPECT_EQ(printed(2.5), "2.500");
    EXPECT_EQ(printed(1e21), "1000000000000000000000.000");
    EXPECT_EQ(printed(std::numeric_limits<double>::max()).size(), 309u + 4);
    EXPECT_EQ(printed(std::numeric_limits<double>::denorm_min()), "0.000");
    EXPECT_EQ(printed(std::numeric_limits<double>::quiet_NaN()), "NaN");
    EXPECT_EQ(printed(std::numeric_limits<double>::infinity()), "+Inf");
    EXPECT_EQ(printed(-std::numeric_limits<double>::infinity()), "-Inf");
}

}  // namespace
}  // namespace sluice::influxql
