#include "sluice/influxql/parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "normal_form_cases.h"
#include "parser_error_cases.h"
#include "sluice/influxql/printer.h"

namespace sluice::influxql {
namespace {

TEST(Parser, SaysWhatInfluxdbSaysAboutEveryKnownMistake) {
    for (const ErrorCase& c : kErrorCases) {
        const auto parsed = parse_query(c.text);
        ASSERT_FALSE(parsed.ok()) << c.text;
        EXPECT_EQ(parsed.error().message, c.message) << c.text;
        EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalid);
    }
}

TEST(Parser, PrintsTheNormalFormOfInfluxdb) {
    for (const NormalFormCase& c : kNormalFormCases) {
        const auto parsed = parse_query(c.text);
        ASSERT_TRUE(parsed.ok()) << c.text << ": " << parsed.error().message;
        std::string form;
        for (const Statement& statement : *parsed) {
            if (!form.empty()) form += "; ";
            form += to_string(statement);
        }
        EXPECT_EQ(form, c.form.empty() ? c.text : c.form);
    }
}

TEST(Parser, KeepsWithKeyOfTagKeysAsTheConditionThatItMeans) {
    const struct {
        std::string_view text;
        std::string_view form;
    } kCases[] = {
        {"SHOW TAG KEYS WITH KEY = a", "SHOW TAG KEYS WHERE _tagKey = 'a'"},
        {"SHOW TAG KEYS WITH KEY != a", "SHOW TAG KEYS WHERE _tagKey != 'a'"},
        {"SHOW TAG KEYS WITH KEY !~ /x/", "SHOW TAG KEYS WHERE _tagKey !~ /x/"},
        {"SHOW TAG KEYS ON d FROM m WITH KEY IN (a, \"b c\") WHERE t = 'd' OR u = 'e' LIMIT 1",
         "SHOW TAG KEYS ON d FROM m WHERE (_tagKey = 'a' OR _tagKey = 'b c') AND (t = 'd' OR u = "
         "'e') LIMIT 1"},
    };
    for (const auto& c : kCases) {
        const auto parsed = parse_query(c.text);
        ASSERT_TRUE(parsed.ok()) << c.text << ": " << parsed.error().message;
        EXPECT_EQ(to_string(parsed->front()), c.form);
        EXPECT_EQ(to_string(parse_query(c.form)->front()), c.form);
    }
    EXPECT_EQ(parse_query("SHOW TAG KEYS WITH KEY").error().message,
              "found EOF, expected IN, =, =~ at line 1, char 24");
}

// Texts that print as they were written.
constexpr std::string_view kCanonical[] = {
    "SELECT * FROM m",
    "SELECT *::field, *::tag FROM m",
    "SELECT a::float, b::tag, c::field FROM m",
    "SELECT mean(v) AS \"a b\" FROM db.rp.m WHERE host = 'x' AND time >= 5m GROUP BY time(10s), "
    "host "
    "fill(none) ORDER BY time DESC LIMIT 1 OFFSET 2 SLIMIT 3 SOFFSET 4 TZ('Europe/Berlin')",
    "SELECT v FROM db..m, rp.n, /x\\/y/, db.rp./z/",
    "SELECT max(m) FROM (SELECT mean(v) AS m FROM cpu GROUP BY host)",
    "SELECT mean(v) INTO db.rp.:MEASUREMENT FROM /.*/ GROUP BY time(1h), *",
    "SELECT v FROM m WHERE (a = 1 OR b != 2.500) AND c =~ /^x$/ AND d !~ /y/",
    "SELECT a + b * c - 1 FROM m fill(3)",
    "SELECT DISTINCT v FROM m",
    "SELECT DISTINCT \"a b\", \"select\"(v), distinct(v) FROM m",
    "CREATE DATABASE db WITH SHARD DURATION 1500ms",
    "EXPLAIN ANALYZE SELECT v FROM m",
    "DELETE FROM m WHERE time < '2020-01-01'",
    "DROP SERIES FROM m WHERE host = 'x'",
    "SHOW DATABASES",
    "SHOW MEASUREMENTS ON db WITH MEASUREMENT =~ /c.*/ WHERE host = 'a' LIMIT 1 OFFSET 2",
    "SHOW SERIES ON db FROM m WHERE host = 'a' LIMIT 1",
    "SHOW TAG KEYS FROM m SLIMIT 1 SOFFSET 2",
    "SHOW TAG VALUES ON db FROM m WITH KEY IN (a, \"b c\")",
    "SHOW TAG VALUES WITH KEY !~ /x/ WHERE a = 'b'",
    "SHOW FIELD KEYS FROM m LIMIT 5",
    "SHOW SERIES EXACT CARDINALITY ON db FROM m GROUP BY host",
    "SHOW TAG VALUES CARDINALITY WITH KEY = host",
    "SHOW RETENTION POLICIES ON db",
    "CREATE DATABASE db WITH DURATION 168h0m0s REPLICATION 2 SHARD DURATION 1h0m0s NAME rp",
    "CREATE RETENTION POLICY rp ON db DURATION 0s REPLICATION 1 SHARD DURATION 2h DEFAULT",
    "ALTER RETENTION POLICY rp ON db DURATION 90m DEFAULT",
    "DROP RETENTION POLICY rp ON db",
    "DROP DATABASE \"select\"",
    "DROP SHARD 7",
    "CREATE CONTINUOUS QUERY q ON db RESAMPLE EVERY 1m FOR 1h BEGIN SELECT mean(v) INTO t FROM m "
    "GROUP BY time(10m) END",
    "CREATE SUBSCRIPTION s ON db.rp DESTINATIONS ALL 'http://a', 'udp://b'",
    "GRANT READ ON db TO u",
    "REVOKE ALL PRIVILEGES FROM u",
    "KILL QUERY 5 ON host",
};

TEST(Parser, PrintsAStatementAsItWasWritten) {
    for (const std::string_view text : kCanonical) {
        const auto parsed = parse_query(text);
        ASSERT_TRUE(parsed.ok()) << text << ": " << parsed.error().message;
        ASSERT_EQ(parsed->size(), 1u);
        EXPECT_EQ(to_string((*parsed)[0]), text);
    }
}

TEST(Parser, BindsOperatorsByPrecedenceAndFromTheLeft) {
    struct Case {
        std::string_view text;
        std::string_view first;  // the operand that binds last, printed
        std::string_view second;
    };
    constexpr Case kCases[] = {
        {"a + b * c", "a", "b * c"}, {"a * b + c", "a * b", "c"},
        {"a - b - c", "a - b", "c"}, {"a = 1 OR b = 2 AND c = 3", "a = 1", "b = 2 AND c = 3"},
        {"a & b | c", "a & b", "c"}, {"-a * b", "-1 * a", "b"},
    };
    for (const Case& c : kCases) {
        const auto parsed = parse_expression(c.text);
        ASSERT_TRUE(parsed.ok()) << c.text;
        const auto* binary = parsed->as<BinaryExpr>();
        ASSERT_NE(binary, nullptr);
        EXPECT_EQ(to_string(*binary->left), c.first) << c.text;
        EXPECT_EQ(to_string(*binary->right), c.second) << c.text;
    }
}

TEST(Parser, ReadsSeveralStatementsAndCommentsBetweenThem) {
    const auto parsed =
        parse_query("SHOW DATABASES; /* one */ SHOW USERS -- two\n;; SHOW QUERIES;");
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(parsed->size(), 3u);
}

TEST(Parser, FindsNothingInAnEmptyText) {
    for (const std::string_view text : {"", "  ", ";;", "-- x", "/* x */"}) {
        const auto parsed = parse_query(text);
        ASSERT_TRUE(parsed.ok()) << text;
        EXPECT_TRUE(parsed->empty());
    }
}

TEST(Parser, ReplacesBoundParameters) {
    const BoundParameters parameters = {
        {"host", {BoundParameter::Kind::kString, "it's"}},
        {"m", {BoundParameter::Kind::kIdentifier, "from"}},
        {"limit", {BoundParameter::Kind::kInteger, "5"}},
        {"re", {BoundParameter::Kind::kRegex, "^a"}},
        {"bad", {BoundParameter::Kind::kError, "cannot be bound"}},
    };
    const auto parsed =
        parse_query("SELECT v FROM $m WHERE h = $host AND r =~ $re LIMIT $limit", parameters);
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    EXPECT_EQ(to_string((*parsed)[0]),
              "SELECT v FROM \"from\" WHERE h = 'it\\'s' AND r =~ /^a/ LIMIT 5");
    EXPECT_EQ(parse_query("SELECT v FROM m WHERE h = $bad", parameters).error().message,
              "missing parameter: cannot be bound");
    EXPECT_EQ(parse_query("SELECT v FROM m WHERE h = $none", parameters).error().message,
              "missing parameter: none");
}

TEST(Parser, RefusesNestingThatWouldExhaustTheStack) {
    EXPECT_FALSE(parse_query("SELECT " + std::string(100'000, '(') + "a").ok());
    EXPECT_FALSE(parse_query("SELECT " + std::string(100'000, '-') + "a").ok());
    std::string subqueries;
    for (int i = 0; i < 5000; ++i) subqueries += "SELECT a FROM (";
    EXPECT_FALSE(parse_query(subqueries).ok());
    std::string calls = "SELECT ";
    for (int i = 0; i < 50'000; ++i) calls += "f(";
    EXPECT_FALSE(parse_query(calls).ok());
}

TEST(Parser, SurvivesEveryTruncationOfEveryStatement) {
    for (const std::string_view text : kCanonical) {
        for (std::size_t size = 0; size <= text.size(); ++size) {
            const auto parsed = parse_query(text.substr(0, size));
            if (!parsed.ok()) {
                EXPECT_FALSE(parsed.error().message.empty());
            }
        }
    }
}

TEST(Parser, CountsCharactersUpToAZeroByteOnly) {
    using namespace std::string_view_literals;
    EXPECT_EQ(parse_query("SELECT \0(a, 2) FROM m"sv).error().message,
              "found ,, expected ) at line 1, char 9");
}

TEST(Parser, ReadsBytesThatAreNotUtf8AsReplacementCharacters) {
    const auto parsed = parse_query("SELECT \"a\xff\" FROM m");
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(to_string((*parsed)[0]), "SELECT \"a\xEF\xBF\xBD\" FROM m");
}

std::string repeated(std::string_view text, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += text;
    return out;
}

// Levels of the tree, counted without recursion.
int levels_of(const Expr& root) {
    int deepest = 0;
    std::vector<std::pair<const Expr*, int>> open{{&root, 1}};
    while (!open.empty()) {
        const auto [expr, level] = open.back();
        open.pop_back();
        deepest = std::max(deepest, level);
        if (const auto* call = expr->as<Call>()) {
            for (const Expr& argument : call->arguments) open.emplace_back(&argument, level + 1);
        } else if (const auto* binary = expr->as<BinaryExpr>()) {
            open.emplace_back(binary->left.get(), level + 1);
            open.emplace_back(binary->right.get(), level + 1);
        } else if (const auto* paren = expr->as<ParenExpr>()) {
            open.emplace_back(paren->inner.get(), level + 1);
        }
    }
    return deepest;
}

TEST(ParserBounds, TakeAChainOfTenThousandOperators) {
    const std::string chain = "a = 1" + repeated(" OR a = 1", kExpressionOperatorsMax / 2 - 1);
    const auto parsed = parse_expression(chain);
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    EXPECT_EQ(to_string(*parsed), chain);
    const auto longer = parse_expression(chain + " OR a = 1");
    ASSERT_FALSE(longer.ok());
    EXPECT_EQ(longer.error().message, "expression has too many operators");
}

// Each of these is short in every pair of parentheses and deep in all of them together.
TEST(ParserBounds, CountTheWholeTree) {
    for (const int nested : {2, 3, 5, 100, 499}) {
        std::string text = "v";
        for (int i = 0; i < nested; ++i) text = "(" + text + repeated("+1", 9990) + ")";
        EXPECT_FALSE(parse_expression(text).ok()) << nested;
        for (const char* statement : {"SELECT v FROM m WHERE ", "DELETE FROM m WHERE ",
                                      "SHOW SERIES WHERE ", "SELECT v FROM m WHERE time > "}) {
            EXPECT_FALSE(parse_query(statement + text).ok()) << nested;
        }
    }
}

TEST(ParserBounds, HoldForEveryKindOfNesting) {
    const struct {
        std::string_view open;
        std::string_view close;
    } kinds[] = {{"(", ")"},   {"abs(", ")"},        {"-(", ")"},         {"1 + (", ")"},
                 {"-f(", ")"}, {"v = (1 * (", "))"}, {"f(1, g(", "), 2)"}};
    for (const auto& kind : kinds) {
        for (const int count : {10, 100, 240, 250, 400, 499, 500, 501, 2000, 100'000}) {
            const auto parsed =
                parse_expression(repeated(kind.open, count) + "v" + repeated(kind.close, count));
            if (!parsed.ok()) {
                EXPECT_GE(count, 240) << kind.open;
                continue;
            }
            EXPECT_LE(levels_of(*parsed), kExpressionLevelsMax) << kind.open << count;
        }
    }
    EXPECT_FALSE(
        parse_query(repeated("SELECT v FROM (", 51) + "SELECT v FROM m" + repeated(")", 51)).ok());
}

TEST(ParserBounds, CountNodesOfAllStatements) {
    const std::string statement = "SELECT v FROM m WHERE a = 1" + repeated(" OR a = 1", 4000) + ";";
    EXPECT_TRUE(parse_query(repeated(statement, 10)).ok());
    const auto many = parse_query(repeated(statement, 20));
    ASSERT_FALSE(many.ok());
    EXPECT_EQ(many.error().message, "query has too many expressions");
}

TEST(ParserBounds, CountRegularExpressionsByTheirPrograms) {
    EXPECT_TRUE(parse_query("SELECT v FROM /" + repeated("host[0-9]+|", 5000) + "x/").ok());
    std::string many = "SELECT v FROM m WHERE h =~ /a/";
    for (int i = 0; i < 1000; ++i) many += " OR h =~ /[^x]{900}N" + std::to_string(i) + "/";
    const auto refused = parse_query(many);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().message, "query has too many or too large regular expressions");
    // The same one counts once.
    EXPECT_TRUE(
        parse_query("SELECT v FROM m WHERE a = 1" + repeated(" OR h =~ /[^x]{900}N/", 1000)).ok());
}

}  // namespace
}  // namespace sluice::influxql
