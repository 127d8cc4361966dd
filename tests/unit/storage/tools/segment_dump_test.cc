#include "storage/tools/segment_dump.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "segment/segment_fixture.h"

namespace sluice::storage {
namespace {

TEST(SegmentDump, NamesWhatTheSegmentHolds) {
    Random random(1);
    test::Model model;
    test::Table& table = model["disk"];
    table.columns = test::kAllTypes;
    table.series["disk,host=a"] = test::some_series(table, 20, 0, random);
    test::MemoryAccess access(test::build(model, {}, 1).bytes);
    const auto reader = test::finish(SegmentReader::open(access, "9.seg"));
    ASSERT_TRUE(reader.ok());
    std::vector<std::string> lines;
    const std::function<void(std::string_view)> print = [&](std::string_view line) {
        lines.emplace_back(line);
    };
    SegmentDumpOptions options;
    options.with_series = options.with_blocks = true;
    ASSERT_TRUE(test::finish(dump_segment(**reader, options, print)).ok());
    const auto has = [&](const char* part) {
        return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
            return line.find(part) != std::string::npos;
        });
    };
    for (const char* part : {"segment 9.seg: version 1", "20 rows, 100 values, 1 series",
                             "measurement disk: 20 rows", "column f float", "column s string",
                             "series 0: disk,host=a", "block 0: ", "20 values, min "}) {
        EXPECT_TRUE(has(part)) << part;
    }
}

}  // namespace
}  // namespace sluice::storage
