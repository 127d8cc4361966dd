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
    EXPECT_EQ(refusal({{"lost+found", true}, {".snapshot", true}}), "");
    EXPECT_EQ(refusal({{"LOCK", false}, {"meta", true}, {"stores", true}, {"mine.txt", false}}),
              "");
    EXPECT_EQ(refusal({{"stores", true}}), "");
    EXPECT_EQ(refusal({{"meta", true}}, {{"catalog-0000000001.log", false}}), "");
}

TEST(DataDirectory, RefusesTheFilesOfOthersAndSaysWhatToDo) {
    const std::string one =
        refusal({{"meta", true}, {"data", true}, {"wal", true}}, {{"meta.db", false}});
    EXPECT_NE(one.find("InfluxDB 1.x"), std::string::npos) << one;
    EXPECT_NE(one.find("name another directory"), std::string::npos) << one;
    const std::string two = refusal({{"influxd.bolt", false}, {"engine", true}});
    EXPECT_NE(two.find("InfluxDB 2.x"), std::string::npos) << two;
    const std::string other =
        refusal({{"b", false}, {"a", false}, {".x", false}, {"c", true}, {"d", true}});
    EXPECT_NE(other.find("(a, b, c, ...)"), std::string::npos) << other;
    EXPECT_NE(other.find("empty directory"), std::string::npos) << other;
}

}  // namespace
}  // namespace sluice::engine
