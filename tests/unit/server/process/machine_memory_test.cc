#include "server/process/machine_memory.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>

namespace sluice::server {
namespace {

constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();

// A tree of control groups in a folder of its own.
class ControlGroups : public ::testing::Test {
protected:
    ControlGroups() {
        std::string name = (std::filesystem::temp_directory_path() / "cgroups-XXXXXX").string();
        root_ = ::mkdtemp(name.data());
    }
    ~ControlGroups() override { std::filesystem::remove_all(root_); }

    void set(const std::string& file, const std::string& text) {
        std::filesystem::create_directories((root_ / file).parent_path());
        std::ofstream(root_ / file) << text << '\n';
    }
    std::uint64_t limit(std::string_view membership) const {
        return cgroup_memory_limit(membership, root_);
    }

    std::filesystem::path root_;
};

TEST_F(ControlGroups, LimitWhoIsInThem) {
    set("system.slice/sluiced.service/memory.max", "1073741824");
    EXPECT_EQ(limit("0::/system.slice/sluiced.service\n"), 1073741824u);
    EXPECT_EQ(limit("0::/system.slice/other.service\n"), kNone);
}

TEST_F(ControlGroups, LimitWhatIsBelowThem) {
    set("a/memory.max", "4000");
    set("a/b/memory.high", "3000");
    set("a/b/c/memory.max", "max");
    EXPECT_EQ(limit("0::/a/b/c\n"), 3000u);
    EXPECT_EQ(limit("0::/a\n"), 4000u);
    // A container sees its own group as the root.
    set("memory.max", "2000");
    EXPECT_EQ(limit("0::/\n"), 2000u);
}

TEST_F(ControlGroups, OfVersion1AreInAFolderOfTheirOwn) {
    set("memory/box/memory.limit_in_bytes", "5000");
    EXPECT_EQ(limit("9:name=systemd:/\n4:memory:/box/inner\n0::/\n"), 5000u);
}

TEST_F(ControlGroups, SayNothingWhereTheyCannotBeRead) {
    EXPECT_EQ(limit(""), kNone);
    EXPECT_EQ(limit("nonsense\n0:\n::\n"), kNone);
}

}  // namespace
}  // namespace sluice::server
