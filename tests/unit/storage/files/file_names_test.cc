// Which names are those of files of a store, and of which.
#include "storage/files/file_names.h"

#include <gtest/gtest.h>

#include "case_file.h"

namespace sluice::storage {
namespace {

// What the parsers say of a name; two of them must not take the same.
std::string kind_of(const std::string& name) {
    std::string kind;
    const auto add = [&kind](const std::string& what, std::optional<std::uint64_t> number) {
        if (!number) return;
        if (!kind.empty()) kind += ", ";
        kind += what + " " + std::to_string(*number);
    };
    if (is_quarantine_name(name)) kind = "set aside";
    add("log", parse_log_name(name));
    add("segment", parse_segment_name(name));
    add("segment", parse_set_aside_segment_name(name));
    add("manifest", parse_manifest_name(name));
    add("manifest copy", parse_manifest_copy_name(name));
    add("group", parse_group_name(name));
    return kind.empty() ? "unknown" : kind;
}

TEST(FileNames, SayWhatAFileIs) {
    sluice::test::run_cases("unit/storage/files/file_names.txt", kind_of);
}

std::string name_of(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

TEST(FileNames, ArePartsOfThePathsThatAreMade) {
    for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{9},
                                       std::uint64_t{10}, ~std::uint64_t{0}}) {
        EXPECT_EQ(parse_log_name(name_of(log_path("/s", number))), number);
        EXPECT_EQ(parse_segment_name(name_of(segment_path("/s", 3, number))), number);
        EXPECT_EQ(parse_manifest_name(name_of(manifest_path("/s", number))), number);
        EXPECT_EQ(parse_manifest_copy_name(name_of(manifest_copy_path("/s", number))), number);
        EXPECT_EQ(parse_group_name(name_of(group_directory("/s", number))), number);
        for (const std::string& aside : {quarantine_path(segment_path("/s", 3, number)),
                                         unlisted_path(segment_path("/s", 3, number))}) {
            EXPECT_EQ(parse_set_aside_segment_name(name_of(aside)), number);
            EXPECT_FALSE(parse_segment_name(name_of(aside)));
        }
    }
    EXPECT_EQ(log_path("/s", 7), "/s/wal/7.log");
    EXPECT_EQ(segment_path("/s", 3, 12), "/s/shards/3/12.seg");
    EXPECT_EQ(manifest_path("/s", 5), "/s/MANIFEST-5");
    EXPECT_EQ(manifest_copy_path("/s", 5), "/s/MANIFEST-5-copy");
}

}  // namespace
}  // namespace sluice::storage
