#include "sluice/influxql/sanitize.h"

#include <gtest/gtest.h>

namespace sluice::influxql {
namespace {

TEST(Sanitize, TakesPasswordsOut) {
    struct Case {
        const char* text;
        const char* expected;
    };
    for (const Case& each : std::initializer_list<Case>{
             {"create user \"admin\" with password 'admin'",
              "create user \"admin\" with password [REDACTED]"},
             {"CREATE USER a WITH  PASSWORD\n'x y' WITH ALL PRIVILEGES",
              "CREATE USER a WITH  PASSWORD\n[REDACTED] y' WITH ALL PRIVILEGES"},
             {"set password for \"admin\" = 'admin'", "set password for \"admin\" = [REDACTED]"},
             // What cannot be parsed is redacted too.
             {"create user \"admin\" with password \"admin\"",
              "create user \"admin\" with password [REDACTED]"},
             {"set password for \"admin\" = \"admin\"", "set password for \"admin\" = [REDACTED]"},
             {"SET PASSWORD FOR a = 'b'; CREATE USER c WITH PASSWORD 'd'; SELECT v FROM m",
              "SET PASSWORD FOR a = [REDACTED] CREATE USER c WITH PASSWORD [REDACTED] SELECT v "
              "FROM m"},
             {"SELECT password FROM m", "SELECT password FROM m"},
             {"", ""}}) {
        EXPECT_EQ(sanitize(each.text), each.expected);
    }
}

}  // namespace
}  // namespace sluice::influxql
