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
              "CREATE USER a WITH  PASSWORD\n[REDACTED] WITH ALL PRIVILEGES"},
             {"set password for \"admin\" = 'admin'", "set password for \"admin\" = [REDACTED]"},
             // What cannot be parsed is redacted too.
             {"create user \"admin\" with password \"admin\"",
              "create user \"admin\" with password [REDACTED]"},
             {"set password for \"admin\" = \"admin\"", "set password for \"admin\" = [REDACTED]"},
             {"SET PASSWORD FOR a = 'b'; CREATE USER c WITH PASSWORD 'd'; SELECT v FROM m",
              "SET PASSWORD FOR a = [REDACTED]; CREATE USER c WITH PASSWORD [REDACTED]; SELECT v "
              "FROM m"},
             // Escaped quotes, comments, no quotes, no end, words forgotten or misspelt.
             {"CREATE USER u WITH PASSWORD 'S3\\'cr et' WITH ALL PRIVILEGES",
              "CREATE USER u WITH PASSWORD [REDACTED] WITH ALL PRIVILEGES"},
             {"CREATE USER u WITH/**/PASSWORD/* x */'S3cret'--y",
              "CREATE USER u WITH/**/PASSWORD/* x */[REDACTED]"},
             {"CREATE USER u WITH PASSWORD S3cret!x; DROP USER v",
              "CREATE USER u WITH PASSWORD [REDACTED]; DROP USER v"},
             {"CREATE USER u WITH PASSWORD 'S3cret ; x", "CREATE USER u WITH PASSWORD [REDACTED]"},
             {"CREATE USER u WITH PASSWORD 'S3cret'x", "CREATE USER u WITH PASSWORD [REDACTED]"},
             {"CREATE USER u WITH PASSWORD 'a' 'b'",
              "CREATE USER u WITH PASSWORD [REDACTED] [REDACTED]"},
             {"CREATE USER u WITH PASSWORD = 'a'", "CREATE USER u WITH PASSWORD = [REDACTED]"},
             {"CREATE USER u PASSWORD S3cret", "CREATE USER u PASSWORD [REDACTED]"},
             {"CREATE USER u WITH PASWORD 'S3cret'", "CREATE USER u WITH PASWORD [REDACTED]"},
             {"SET PASSWORD FOR u=S3cret", "SET PASSWORD FOR u=[REDACTED]"},
             {"SET PASSWORD FOR u S3cret", "SET PASSWORD FOR u [REDACTED]"},
             {"SET PASSWORD FOR \"a = b\" = 'S3cret'", "SET PASSWORD FOR \"a = b\" = [REDACTED]"},
             {"SET PASWORD FOR u = 'S3cret'", "SET PASWORD FOR u = [REDACTED]"},
             {"CREATE SUBSCRIPTION s ON d.r DESTINATIONS ALL 'http://u:S3@cret@h:1', 'udp://h:2'",
              "CREATE SUBSCRIPTION s ON d.r DESTINATIONS ALL 'http://u:[REDACTED]@h:1', "
              "'udp://h:2'"},
             {"SELECT password FROM m", "SELECT password FROM m"},
             {"SELECT v FROM m WHERE user='u' AND t='password'",
              "SELECT v FROM m WHERE user='u' AND t='password'"},
             {"", ""}}) {
        EXPECT_EQ(sanitize(each.text), each.expected);
    }
}

}  // namespace
}  // namespace sluice::influxql
