#include "sluice/query/hidden_directory.h"

#include <gtest/gtest.h>

namespace sluice::query {
namespace {

TEST(HiddenDirectory, IsTakenOffTheNamesOfFiles) {
    EXPECT_EQ(without_directory("rename /d/x/a to /d/x/b: Read-only file system", "/d/x"),
              "rename a to b: Read-only file system");
    EXPECT_EQ(without_directory("open /d/x/stores/1: no", "/d/x/"), "open stores/1: no");
    EXPECT_EQ(without_directory("open /d/xy/a: no", "/d/x"), "open /d/xy/a: no");
    EXPECT_EQ(without_directory("open /a: no", "/"), "open /a: no");
    EXPECT_EQ(without_directory("", "/d"), "");
}

}  // namespace
}  // namespace sluice::query
