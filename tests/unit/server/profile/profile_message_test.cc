#include "server/profile/profile_message.h"

#include <gtest/gtest.h>

#include <map>
#include <protozero/pbf_reader.hpp>

namespace sluice::server {
namespace {

io::StackSample sample_of(std::vector<std::uintptr_t> frames) {
    io::StackSample sample;
    sample.depth = frames.size();
    std::copy(frames.begin(), frames.end(), sample.frames.begin());
    return sample;
}

// Counts the messages of each field, and keeps the texts.
std::map<std::uint32_t, unsigned> fields_of(const std::string& message,
                                            std::vector<std::string>& texts) {
    std::map<std::uint32_t, unsigned> fields;
    protozero::pbf_reader reader(message);
    while (reader.next()) {
        ++fields[reader.tag()];
        if (reader.tag() == 6) {
            texts.push_back(reader.get_string());
        } else {
            reader.skip();
        }
    }
    return fields;
}

TEST(ProfileMessage, EqualStacksAreCountedTogetherTheMostFrequentFirst) {
    const std::vector<CountedStack> stacks =
        counted({sample_of({1, 2}), sample_of({3}), sample_of({3}), sample_of({1})});
    ASSERT_EQ(stacks.size(), 3u);
    EXPECT_EQ(stacks[0].frames, (std::vector<std::uintptr_t>{3}));
    EXPECT_EQ(stacks[0].count, 2u);
}

TEST(ProfileMessage, HasTheNamesOfFunctions) {
    const auto here = reinterpret_cast<std::uintptr_t>(&gzipped);
    ProfileHead head;
    head.kinds = {{"samples", "count"}, {"cpu", "nanoseconds"}};
    head.period_of = {"cpu", "nanoseconds"};
    head.period = 10;
    std::vector<std::string> texts;
    const std::vector<CountedStack> stacks = {{{here + 1, here + 2}, 3}};
    auto fields = fields_of(profile_message(head, stacks), texts);
    EXPECT_EQ(fields[1], 2u);
    EXPECT_EQ(fields[2], 1u);
    EXPECT_GE(fields[3], 1u);
    EXPECT_EQ(fields[4], 1u);  // of the second frame, the call is one address before
    EXPECT_EQ(fields[5], 1u);
    EXPECT_EQ(texts.front(), "");
    EXPECT_NE(std::find_if(texts.begin(), texts.end(),
                           [](const std::string& text) {
                               return text.starts_with("sluice::server::gzipped");
                           }),
              texts.end());
    EXPECT_EQ(profile_text("x", stacks).substr(0, 42),
              "x profile: total 3\n3 @\n#\tsluice::server::g");
}

TEST(ProfileMessage, NothingKnownIsAValidProfile) {
    ProfileHead head;
    head.kinds = {{"contentions", "count"}, {"delay", "nanoseconds"}};
    std::vector<std::string> texts;
    auto fields = fields_of(profile_message(head, {}), texts);
    EXPECT_EQ(fields[1], 2u);
    EXPECT_EQ(fields[2], 0u);
    EXPECT_EQ(texts[0], "");
}

}  // namespace
}  // namespace sluice::server
