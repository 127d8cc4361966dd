// Records are read back as they were written, give the same state again, and are the bytes that
// src/server/lake/JOURNAL_FORMAT.md shows.
#include "server/lake/lake_state.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <iterator>

namespace sluice::server {
namespace {

const PublicationKey kKey{{"d", "autogen", "m"}, 3};

Publication example() {
    Publication publication;
    publication.generation = 2;
    publication.range = {0, 1000};
    publication.mark = {0x0102030405060708, 9};
    publication.files.push_back({19690, 0, 500, 4096, 0xCAFEBABE});
    return publication;
}

std::string hex_of(const LakeRecord& record) {
    ByteWriter out;
    append_lake_record(record, out);
    std::string text;
    for (const std::byte byte : out.span()) {
        char pair[4];
        std::snprintf(pair, sizeof pair, "%02x ", static_cast<unsigned>(byte));
        text += pair;
    }
    text.pop_back();
    return text;
}

LakeState again(const LakeState& state) {
    LakeState result;
    for (const LakeRecord& record : state.records()) {
        ByteWriter out;
        append_lake_record(record, out);
        ByteReader in(out.span());
        LakeRecord read;
        EXPECT_TRUE(read_lake_record(in, read));
        result.apply(read);
    }
    return result;
}

TEST(LakeState, IsTheSameFromItsRecords) {
    LakeState state;
    state.apply(LakeIdentity{"/srv/lake", "n1", 77});
    state.apply(LakePlanned{
        kKey, example(), {{{true, "host", {}}, "host"}, {{false, "v", {}}, "v_field"}}});
    state.apply(LakePublished{kKey, 2});
    Publication next = example();
    next.generation = 3;
    state.apply(LakePlanned{kKey, next, {}});
    const PublicationKey other{{"d", "autogen", "n"}, 3};
    state.apply(LakePlanned{other, example(), {}});
    state.apply(LakePublished{other, 2});
    state.apply(LakeUnchanged{other, {5, 6}});

    const LakeState read = again(state);
    EXPECT_EQ(read.identity().root, "/srv/lake");
    EXPECT_EQ(read.identity().node, "n1");
    EXPECT_EQ(read.identity().owner, 77u);
    ASSERT_NE(read.find(kKey), nullptr);
    EXPECT_EQ(read.find(kKey)->published, example());
    EXPECT_EQ(read.find(kKey)->planned, next);
    EXPECT_EQ(read.find(other)->published->mark, (GroupMark{5, 6}));
    EXPECT_FALSE(read.find(other)->planned.has_value());
    EXPECT_EQ(read.names_of(kKey.table), state.names_of(kKey.table));
    EXPECT_EQ(read.entries().size(), 2u);
}

TEST(LakeState, ADocumentShowsItsBytes) {
    std::ifstream file(SLUICE_JOURNAL_FORMAT_MD);
    const std::string document{std::istreambuf_iterator<char>(file), {}};
    const std::string planned =
        hex_of(LakePlanned{kKey, example(), {{{true, "host", {}}, "host"}}});
    // As wide as the page.
    std::string shown;
    for (std::size_t at = 0; at < planned.size(); at += 48) {
        shown += "    " + planned.substr(at, 47) + "\n";
    }
    EXPECT_NE(document.find(shown), std::string::npos) << shown;
}

TEST(LakeState, BytesThatAreNoRecordAreRefused) {
    ByteWriter out;
    append_lake_record(LakePlanned{kKey, example(), {}}, out);
    for (std::size_t size = 0; size < out.size(); ++size) {
        ByteReader in(out.span().first(size));
        LakeRecord record;
        EXPECT_FALSE(read_lake_record(in, record)) << size;
    }
    const std::byte unknown[] = {std::byte{9}};
    ByteReader in(unknown);
    LakeRecord record;
    EXPECT_FALSE(read_lake_record(in, record));
}

}  // namespace
}  // namespace sluice::server
