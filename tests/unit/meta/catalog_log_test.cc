// The catalog's bytes: what is read back, what every cut and every flipped bit does.
#include <gtest/gtest.h>

#include "meta/draft/catalog_draft.h"
#include "meta/log/catalog_frame.h"
#include "meta/log/catalog_recovery.h"
#include "meta/log/catalog_snapshot.h"
#include "sluice/meta/catalog_editor.h"

namespace sluice::meta {
namespace {

using Bytes = std::vector<std::byte>;

Bytes copy_of(ByteSpan bytes) {
    return {bytes.begin(), bytes.end()};
}

Bytes snapshot_of(const Catalog& catalog, std::uint64_t generation, std::uint64_t sequence) {
    CatalogSnapshotEncoder encoder(catalog, generation, sequence);
    ByteWriter out;
    while (encoder.next(out)) {
    }
    return copy_of(out.span());
}

// Two catalogs are the same when their snapshots are.
void expect_same(const Catalog& actual, const Catalog& expected) {
    EXPECT_EQ(snapshot_of(actual, 1, 1), snapshot_of(expected, 1, 1));
}

// A history of changes, its log, and the catalog after each change.
struct History {
    std::vector<std::shared_ptr<const Catalog>> states = {std::make_shared<Catalog>()};
    ByteWriter log;

    explicit History(std::uint64_t generation = 1, std::uint64_t sequence = 0)
        : generation_(generation), sequence_(sequence) {
        append_frame(log, CatalogFrameKind::kLogStart, generation_, sequence_, {});
    }

    void change(const std::function<void(CatalogEditor&)>& make) {
        CatalogEditor editor(*states.back());
        make(editor);
        append_frame(log, CatalogFrameKind::kChanges, generation_, ++sequence_, editor.changes());
        states.push_back(std::move(editor).finish());
    }
    const Catalog& last() const { return *states.back(); }

private:
    std::uint64_t generation_;
    std::uint64_t sequence_;
};

MeasurementWanted cpu() {
    return {"cpu", {{"user", model::FieldType::kFloat}, {"host", model::FieldType::kString}}};
}

void write_history(History& history) {
    history.change([](CatalogEditor& e) { ASSERT_TRUE(e.create_database("d", {}).ok()); });
    history.change([](CatalogEditor& e) {
        ASSERT_TRUE(
            e.ensure_names({"d", "autogen", {{0, 5, {cpu()}}, {0, 50 * kWeekNs, {cpu()}}}}).ok());
    });
    history.change([](CatalogEditor& e) {
        RetentionPolicySpec policy;
        policy.name = "short";
        policy.duration_ns = kDayNs;
        ASSERT_TRUE(e.create_retention_policy("d", policy, true).ok());
        ASSERT_TRUE(e.create_database("other", {}).ok());
    });
    history.change([](CatalogEditor& e) {
        ASSERT_TRUE(
            e.ensure_names(
                 {"d", "short", {{0, 7, {{"mem", {{"free", model::FieldType::kInteger}}}}}}})
                .ok());
        const ExpiredGroup old{"d", "autogen", 1, {-3 * kDayNs, 4 * kDayNs}};
        e.expire_groups({&old, 1});
    });
    history.change([](CatalogEditor& e) { e.drop_database("other"); });
    history.change([](CatalogEditor& e) {
        ASSERT_TRUE(e.create_user("ann", "$2b$10$hash", false).ok());
        ASSERT_TRUE(e.create_user("bob", "$2b$10$hash", true).ok());
        ASSERT_TRUE(e.grant("ann", "d", Privilege::kAll).ok());
        ASSERT_TRUE(e.revoke("ann", "d", Privilege::kWrite).ok());
        ASSERT_TRUE(e.set_password("bob", "$2b$10$other").ok());
        ASSERT_TRUE(e.create_continuous_query("d", "q", "CREATE CONTINUOUS QUERY q").ok());
        ASSERT_TRUE(e.create_continuous_query("d", "gone", "").ok());
        const Subscription all{"all", SubscriptionMode::kAll, {"http://h:1", "udp://h:2"}};
        const Subscription any{"any", SubscriptionMode::kAny, {"http://h:1"}};
        ASSERT_TRUE(e.create_subscription("d", "autogen", all).ok());
        ASSERT_TRUE(e.create_subscription("d", "autogen", any).ok());
    });
    history.change([](CatalogEditor& e) {
        ASSERT_TRUE(e.set_admin("ann", true).ok());
        ASSERT_TRUE(e.drop_user("bob").ok());
        e.drop_continuous_query("d", "gone");
        ASSERT_TRUE(e.drop_subscription("d", "autogen", "any").ok());
    });
}
// Changes that write_history() makes.
constexpr std::uint64_t kChanges = 7;

// As it lies on disk.
Bytes with_reserved_space(Bytes log) {
    log.resize(std::max<std::size_t>(log.size(), kCatalogLogReservedBytes));
    return log;
}

CatalogFiles files_of(const Bytes& log) {
    CatalogFiles files;
    files.directory = "meta";
    files.snapshots[1] = snapshot_of(Catalog{}, 1, 0);
    files.logs[1] = log;
    return files;
}

// As versions left it that kept one copy.
Result<CatalogRecovery> recover(const CatalogFiles& files) {
    return recover_catalog({&files, 1});
}

TEST(CatalogLog, ReadsBackTheHistory) {
    History history;
    write_history(history);
    const Result<CatalogRecovery> recovery =
        recover(files_of(with_reserved_space(copy_of(history.log.span()))));
    ASSERT_TRUE(recovery.ok());
    expect_same(*recovery->catalog, history.last());
    EXPECT_EQ(recovery->sequence, kChanges);
    EXPECT_EQ(recovery->copies[0].log_end, history.log.size());
    EXPECT_FALSE(recovery->torn_tail);
    EXPECT_TRUE(recovery->losses.empty());
    EXPECT_TRUE(recovery->findings.empty());
    EXPECT_TRUE(recovery->wants_compaction) << "there is one copy only";
}

TEST(CatalogLog, EveryTruncationIsAPrefixOfTheHistory) {
    History history;
    write_history(history);
    const Bytes log = copy_of(history.log.span());
    std::uint64_t last = 0;
    for (std::size_t size = 0; size <= log.size(); size += size % 4096 < 300 ? 1 : 509) {
        const Result<CatalogRecovery> recovery =
            recover(files_of(Bytes(log.begin(), log.begin() + static_cast<long>(size))));
        ASSERT_TRUE(recovery.ok()) << size;
        ASSERT_GE(recovery->sequence, last);
        last = recovery->sequence;
        expect_same(*recovery->catalog, *history.states[last]);
        // Where it was cut nobody knows, but that it was cut.
        ASSERT_EQ(recovery->losses.size(), 1u) << size;
        EXPECT_EQ(recovery->losses[0],
                  "catalog changes after " + std::to_string(last) + " may be lost");
    }
    EXPECT_EQ(last, kChanges);
}

TEST(CatalogLog, EveryFlippedBitLosesAtMostItsOwnChangeAndIsNoticed) {
    History history;
    write_history(history);
    const std::size_t end = history.log.size();
    const Bytes log = with_reserved_space(copy_of(history.log.span()));
    for (std::size_t at = 0; at < end; ++at) {
        if (at % 4096 > 250 && at % 97 != 0) continue;  // padding
        Bytes damaged = log;
        damaged[at] ^= std::byte{1} << (at % 8);
        const Result<CatalogRecovery> recovery = recover(files_of(damaged));
        ASSERT_TRUE(recovery.ok()) << recovery.error().message;
        const std::uint64_t frame = at / 4096;
        if (recovery->sequence == kChanges) {
            // Damage inside, or in padding that no checksum covers.
            ASSERT_FALSE(recovery->findings.empty()) << at;
            EXPECT_LE(recovery->changes_lost, 1u) << at;
            EXPECT_EQ(recovery->losses.empty(), recovery->changes_lost == 0);
            if (recovery->changes_lost == 1) {
                EXPECT_EQ(recovery->losses[0],
                          "catalog change " + std::to_string(frame) + " is lost");
            } else {
                expect_same(*recovery->catalog, history.last());
            }
        } else {
            EXPECT_EQ(recovery->sequence, kChanges - 1) << at;
            EXPECT_TRUE(recovery->torn_tail);
            expect_same(*recovery->catalog, *history.states[kChanges - 1]);
        }
    }
}

TEST(CatalogLog, DamageInTheMiddleKeepsWhatStillFits) {
    History history;
    write_history(history);
    Bytes log = copy_of(history.log.span());
    log[2 * 4096 + 40] ^= std::byte{4};  // the change that makes shard groups
    const Result<CatalogRecovery> recovery = recover(files_of(with_reserved_space(log)));
    ASSERT_TRUE(recovery.ok());
    EXPECT_EQ(recovery->losses, std::vector<std::string>{"catalog change 2 is lost"});
    EXPECT_FALSE(recovery->copies[0].log_end.has_value());
    ASSERT_NE(recovery->catalog->find_database("d"), nullptr);
    EXPECT_NE(recovery->catalog->find_database("d")->find_policy("short"), nullptr);
    EXPECT_EQ(recovery->catalog->find_database("other"), nullptr);
}

TEST(CatalogSnapshot, IsWholeOrRefused) {
    History history;
    write_history(history);
    const Bytes good = snapshot_of(history.last(), 3, kChanges);
    {
        CatalogDraft draft{Catalog{}};
        const Result<LoadedSnapshot> loaded = load_snapshot(good, 3, draft);
        ASSERT_TRUE(loaded.ok());
        EXPECT_EQ(loaded->sequence, kChanges);
        expect_same(*draft.finish(), history.last());
    }
    for (std::size_t size = 0; size + 4096 <= good.size(); size += 97) {
        CatalogDraft draft{Catalog{}};
        EXPECT_FALSE(load_snapshot(ByteSpan(good).first(size), 3, draft).ok()) << size;
    }
    for (std::size_t at = 0; at < good.size(); ++at) {
        if (at % 4096 > 600) continue;
        Bytes damaged = good;
        damaged[at] ^= std::byte{1} << (at % 8);
        CatalogDraft draft{Catalog{}};
        const Result<LoadedSnapshot> loaded = load_snapshot(damaged, 3, draft);
        if (loaded.ok()) expect_same(*draft.finish(), history.last());  // padding
    }
    CatalogDraft draft{Catalog{}};
    EXPECT_FALSE(load_snapshot(good, 4, draft).ok()) << "of another generation";
}

TEST(CatalogSnapshot, ManyMeasurementsTakeSeveralParts) {
    NamesWanted wanted{"d", "autogen", {{0, 5, {}}, {0, kWeekNs, {}}}};
    for (int i = 0; i < 20'000; ++i) {
        wanted.groups[0].measurements.push_back(
            {"measurement_" + std::to_string(i), {{"value", model::FieldType::kFloat}}});
    }
    wanted.groups[1].measurements = wanted.groups[0].measurements;
    CatalogEditor editor{Catalog{}};
    ASSERT_TRUE(editor.create_database("d", {}).ok());
    ASSERT_TRUE(editor.ensure_names(wanted).ok());
    const auto catalog = std::move(editor).finish();
    const Bytes file = snapshot_of(*catalog, 1, 2);
    EXPECT_GT(scan_frames(file, 1).frames.size(), 4u);
    CatalogDraft draft{Catalog{}};
    ASSERT_TRUE(load_snapshot(file, 1, draft).ok());
    const auto loaded = draft.finish();
    expect_same(*loaded, *catalog);
    const RetentionPolicy* policy = loaded->find_database("d")->find_policy("");
    EXPECT_EQ(policy->shard_groups[0]->measurements.size(), 20'000u);
    EXPECT_EQ(policy->shard_groups[0]->measurements.find("measurement_77"),
              policy->shard_groups[1]->measurements.find("measurement_77"));
}

// Generation 2 begins with the last change of generation 1's log.
CatalogFiles two_generations(History& first, History& second) {
    write_history(first);
    second.states = {first.states.back()};
    second.change([](CatalogEditor& e) { ASSERT_TRUE(e.create_database("late", {}).ok()); });
    CatalogFiles files = files_of(with_reserved_space(copy_of(first.log.span())));
    files.snapshots[2] = snapshot_of(first.last(), 2, kChanges);
    files.logs[2] = with_reserved_space(copy_of(second.log.span()));
    return files;
}

TEST(CatalogRecovery, ADamagedSnapshotFallsBackToTheGenerationBefore) {
    History first;
    History second(2, kChanges);
    CatalogFiles files = two_generations(first, second);
    {
        const Result<CatalogRecovery> recovery = recover(files);
        ASSERT_TRUE(recovery.ok());
        EXPECT_EQ(recovery->generation, 2u);
        EXPECT_TRUE(recovery->copies[0].log_end.has_value());
        expect_same(*recovery->catalog, second.last());
    }
    files.snapshots[2][33] ^= std::byte{1};
    const std::string damaged = "meta/catalog-0000000002.snapshot is damaged at byte 0";
    {
        const Result<CatalogRecovery> recovery = recover(files);
        ASSERT_TRUE(recovery.ok());
        EXPECT_EQ(recovery->findings, std::vector<std::string>{damaged});
        EXPECT_EQ(
            recovery->copies[0].damaged,
            (std::vector<std::string>{"catalog-0000000002.snapshot", "catalog-0000000002.log"}));
        EXPECT_TRUE(recovery->losses.empty());
        EXPECT_FALSE(recovery->copies[0].log_end.has_value());
        expect_same(*recovery->catalog, second.last());
    }
    // The logs alone have everything from the first change on.
    files.snapshots[1][33] ^= std::byte{1};
    {
        const Result<CatalogRecovery> recovery = recover(files);
        ASSERT_TRUE(recovery.ok());
        EXPECT_EQ(recovery->findings.size(), 2u);
        EXPECT_TRUE(recovery->losses.empty());
        expect_same(*recovery->catalog, second.last());
    }
    // Without the first log there is only what can be read of a damaged snapshot.
    files.logs.erase(1);
    files.snapshots.erase(1);
    files.snapshots[2][33] ^= std::byte{1};
    files.snapshots[2].resize(files.snapshots[2].size() - 4096);
    const Result<CatalogRecovery> recovery = recover(files);
    ASSERT_TRUE(recovery.ok());
    ASSERT_EQ(recovery->losses.size(), 1u);
    EXPECT_NE(recovery->losses[0].find("changes 1 to 7"), std::string::npos);
    expect_same(*recovery->catalog, second.last());
}

TEST(CatalogRecovery, NothingLeftIsSaid) {
    History first;
    write_history(first);
    CatalogFiles files = files_of({});
    files.snapshots[1].assign(5000, std::byte{7});
    const Result<CatalogRecovery> recovery = recover(files);
    ASSERT_TRUE(recovery.ok());
    EXPECT_TRUE(recovery->lost_everything);
    EXPECT_EQ(recovery->losses, std::vector<std::string>{"nothing is left of the catalog"});
    EXPECT_EQ(recovery->copies[0].damaged.size(), 2u);
}

TEST(CatalogRecovery, WhatMayNotBeReadIsNotGivenUp) {
    CatalogFiles files = files_of({});
    files.unreadable_logs[1] = "open: Permission denied";
    files.refused = Error{ErrorKind::kIo, "open: Permission denied", 13};
    files.logs.clear();
    const Result<CatalogRecovery> refused = recover(files);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().message, "open: Permission denied");
}

TEST(CatalogRecovery, AChangeThatFailedBeforeTheNewGenerationStaysUndone) {
    History first;
    History second(2, kChanges);
    CatalogFiles files = two_generations(first, second);
    // Its write was reported as failed but reached the disk; the same number was used again.
    first.change([](CatalogEditor& e) { e.drop_database("d"); });
    files.logs[1] = with_reserved_space(copy_of(first.log.span()));
    files.snapshots[2][33] ^= std::byte{1};
    const Result<CatalogRecovery> recovery = recover(files);
    ASSERT_TRUE(recovery.ok());
    expect_same(*recovery->catalog, second.last());
}

TEST(CatalogRecovery, ALogWithoutASnapshotIsAnUnfinishedCompaction) {
    History first;
    write_history(first);
    CatalogFiles files = files_of(with_reserved_space(copy_of(first.log.span())));
    ByteWriter started;
    append_frame(started, CatalogFrameKind::kLogStart, 2, 3, {});
    files.logs[2] = copy_of(started.span());
    const Result<CatalogRecovery> recovery = recover(files);
    ASSERT_TRUE(recovery.ok());
    expect_same(*recovery->catalog, first.last());
    EXPECT_EQ(recovery->generation, 1u);
    EXPECT_TRUE(recovery->copies[0].log_end.has_value());
    EXPECT_TRUE(recovery->findings.empty());
    EXPECT_EQ(files.last_generation(), 2u) << "the next generation must have a new number";
}

TEST(CatalogRecovery, AnEmptyDirectoryIsAnEmptyCatalog) {
    const Result<CatalogRecovery> recovery = recover({});
    ASSERT_TRUE(recovery.ok());
    EXPECT_EQ(recovery->generation, 0u);
    EXPECT_TRUE(recovery->catalog->databases.empty());
}

TEST(CatalogRecovery, ACrashDuringTheFirstStartLeavesAnEmptyCatalog) {
    CatalogFiles files;
    files.logs[1] = {};
    ByteWriter started;
    append_frame(started, CatalogFrameKind::kLogStart, 2, 0, {});
    files.logs[2] = copy_of(started.span());
    const Result<CatalogRecovery> fresh = recover(files);
    ASSERT_TRUE(fresh.ok());
    EXPECT_TRUE(fresh->findings.empty() && fresh->losses.empty());
    append_frame(started, CatalogFrameKind::kChanges, 2, 1, {});
    files.logs[2] = with_reserved_space(copy_of(started.span()));
    const Result<CatalogRecovery> recovery = recover(files);
    ASSERT_TRUE(recovery.ok());
    EXPECT_EQ(recovery->findings.size(), 1u) << "there was a snapshot";
    EXPECT_TRUE(recovery->losses.empty());
}

TEST(CatalogRecovery, KnowsItsFiles) {
    EXPECT_EQ(log_file_name(7), "catalog-0000000007.log");
    EXPECT_EQ(parse_file_name(snapshot_file_name(12))->generation, 12u);
    EXPECT_TRUE(parse_file_name(log_file_name(12))->is_log);
    for (const char* name : {"", "LOCK", "catalog-.log", "catalog-0.log", "catalog-1x.log",
                             "catalog-0000000001.snapshot.tmp", "catalog-1.logs"}) {
        EXPECT_FALSE(parse_file_name(name).has_value()) << name;
    }
}

std::string hex_of(ByteSpan bytes) {
    std::string hex;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        char text[4];
        std::snprintf(text, sizeof text, "%02x", static_cast<unsigned>(bytes[i]));
        if (i != 0 && i % 4 == 0) hex += ' ';
        hex += text;
    }
    return hex;
}

// The worked example of CATALOG_FORMAT.md: CREATE DATABASE d as the first change of generation 1.
TEST(CatalogFormat, TheExampleIsWhatIsWritten) {
    CatalogEditor editor{Catalog{}};
    ASSERT_TRUE(editor.create_database("d", {}).ok());
    ByteWriter frame;
    append_frame(frame, CatalogFrameKind::kChanges, 1, 1, editor.changes());
    EXPECT_EQ(frame.size(), 4096u);
    EXPECT_EQ(hex_of(frame.span().first(65)),
              "534c4354 85cb3a89 01000200 21000000 01000000 00000000 01000000 00000000 "
              "01016407 6175746f 67656e03 01640761 75746f67 656e0080 80a4c9ff c1890101 01");
}

// Its second example: a user, a grant, a continuous query and a subscription.
TEST(CatalogFormat, TheSecondExampleIsWhatIsWritten) {
    CatalogEditor before{Catalog{}};
    ASSERT_TRUE(before.create_database("d", {}).ok());
    CatalogEditor editor(*std::move(before).finish());
    ASSERT_TRUE(editor.create_user("ann", "hash", false).ok());
    ASSERT_TRUE(editor.grant("ann", "d", Privilege::kRead).ok());
    ASSERT_TRUE(editor.create_continuous_query("d", "q", "text").ok());
    ASSERT_TRUE(
        editor.create_subscription("d", "autogen", {"s", SubscriptionMode::kAny, {"udp://h:1"}})
            .ok());
    EXPECT_EQ(hex_of(editor.changes()),
              "0d03616e 6e046861 73680011 03616e6e 01640112 01640171 04746578 74140164 07617574 "
              "6f67656e 01730101 09756470 3a2f2f68 3a31");
}

TEST(CatalogDraft, RefusesBytesThatContradictThemselves) {
    const auto apply = [](std::initializer_list<int> bytes) {
        CatalogDraft draft{Catalog{}};
        Bytes changes;
        for (const int byte : bytes) changes.push_back(static_cast<std::byte>(byte));
        const Result<void> result = draft.apply(changes, Misfit::kRefuse);
        return result.ok() ? std::string() : result.error().message;
    };
    EXPECT_EQ(apply({}), "");
    EXPECT_EQ(apply({1, 1, 'd', 1, 'p'}), "");
    EXPECT_EQ(apply({1, 1, 'd'}), "a catalog record is malformed");
    EXPECT_EQ(apply({1, 1, 'd', 1, 'p', 1, 1, 'd', 1, 'p'}),
              "a catalog record contradicts those before it");
    EXPECT_EQ(apply({8, 1, 'm', 1, 9, 1, 'f'}), "a catalog record is malformed");
    EXPECT_EQ(apply({8, 1, 'm', 0}), "a catalog record contradicts those before it");
    EXPECT_EQ(apply({13, 0, 0, 0}), "a catalog record contradicts those before it");
    EXPECT_EQ(apply({13, 1, 'u', 0, 2}), "a catalog record is malformed");
    EXPECT_EQ(apply({13, 1, 'u', 0, 1}), "");
    EXPECT_EQ(apply({13, 1, 'u', 0, 1, 17, 1, 'u', 1, 'd', 1}),
              "a catalog record contradicts those before it");
    EXPECT_EQ(apply({1, 1, 'd', 1, 'p', 13, 1, 'u', 0, 1, 17, 1, 'u', 1, 'd', 4}),
              "a catalog record is malformed");
    EXPECT_EQ(apply({20, 1, 'd', 1, 'p', 1, 's', 2, 0}), "a catalog record is malformed");
    EXPECT_EQ(apply({20, 1, 'd', 1, 'p', 1, 's', 0, 127}), "a catalog record is malformed");
    EXPECT_EQ(apply({99}), "a catalog record holds operation 99, which this version does not know");
}

}  // namespace
}  // namespace sluice::meta
