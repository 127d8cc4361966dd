#include "engine/data_directory.h"

#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using Entries = std::vector<io::DirectoryEntry>;

std::string refusal(const Entries& entries, const Entries& meta = {}) {
    const Result<void> checked = check_data_directory("/d", entries, meta);
    return checked.ok() ? "" : checked.error().message;
}

TEST(DataDirectory, TakesWhatIsEmptyAndWhatIsOurs) {
    EXPECT_EQ(refusal({}), "");
    EXPECT_EQ(refusal({{"lost+found", true, false}, {".snapshot", true, false}}), "");
    EXPECT_EQ(refusal({{"LOCK", false, true},
                       {"meta", true, false},
                       {"stores", true, false},
                       {"mine.txt", false, true}}),
              "");
    EXPECT_EQ(refusal({{"stores", true, false}}), "");
    EXPECT_EQ(refusal({{"meta", true, false}, {"meta-copy", true, false}}), "");
    EXPECT_EQ(refusal({{"meta", true, false}}, {{"catalog-0000000001.log", false, true}}), "");
}

TEST(DataDirectory, RefusesTheFilesOfOthersAndSaysWhatToDo) {
    const std::string one =
        refusal({{"meta", true, false}, {"data", true, false}, {"wal", true, false}},
                {{"meta.db", false, true}});
    EXPECT_NE(one.find("InfluxDB 1.x"), std::string::npos) << one;
    EXPECT_NE(one.find("name another directory"), std::string::npos) << one;
    const std::string two = refusal({{"influxd.bolt", false, true}, {"engine", true, false}});
    EXPECT_NE(two.find("InfluxDB 2.x"), std::string::npos) << two;
    const std::string other = refusal({{"b", false, true},
                                       {"a", false, true},
                                       {".x", false, true},
                                       {"c", true, false},
                                       {"d", true, false}});
    EXPECT_NE(other.find("(a, b, c, ...)"), std::string::npos) << other;
    EXPECT_NE(other.find("empty directory"), std::string::npos) << other;
}

}  // namespace
}  // namespace sluice::engine
