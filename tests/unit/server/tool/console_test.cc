// What a progress bar shows.
#include "server/tool/console.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

TEST(Console, NamesTheLastPartOfAPath) {
    EXPECT_EQ(file_name_of("stores/0/segment-7"), "segment-7");
    EXPECT_EQ(file_name_of("segment-7"), "segment-7");
    EXPECT_EQ(file_name_of("stores/0/"), "");
    EXPECT_EQ(file_name_of(""), "");
}

TEST(Console, ShowsProgress) {
    const struct {
        std::uint64_t done;
        std::uint64_t total;
        const char* text;
    } cases[] = {
        {0, 100, "[..............................]   0 %  s"},
        {1, 100, "[..............................]   1 %  s"},
        {50, 100, "[###############...............]  50 %  s"},
        {99, 100, "[#############################.]  99 %  s"},
        {100, 100, "[##############################] 100 %  s"},
        // A file has grown since its size was asked for.
        {150, 100, "[##############################] 150 %  s"},
        // Of nothing all is done.
        {0, 0, "[##############################] 100 %  s"},
    };
    for (const auto& each : cases) {
        EXPECT_EQ(progress_text("stores/0/s", each.done, each.total), each.text);
    }
}

}  // namespace
}  // namespace sluice::server
