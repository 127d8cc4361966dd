// Which deletes a store applies, since when, and what they may still cover.
#include "storage/parts/delete_ledger.h"

#include <gtest/gtest.h>

#include "store_bench.h"

namespace sluice::storage {
namespace {

using test::delete_of;
using test::deletes_of;

constexpr std::int64_t kLater = 1'000'000;

// A segment of group 1 with rows of the sequences 10 to 20 and the times 100 to 199.
DeleteScope scope() {
    DeleteScope scope;
    scope.group = 1;
    scope.measurement = "cpu";
    scope.range = {100, 200};
    scope.sequence_min = 10;
    scope.sequence_max = 20;
    return scope;
}

using Sequences = std::set<std::uint64_t>;

Sequences covering_log(const DeleteLedger& ledger, std::uint64_t head_id) {
    Sequences open;
    ledger.add_covering_log(head_id, open);
    return open;
}
Sequences touching(const DeleteLedger& ledger, const DeleteScope& scope, bool by_name) {
    Sequences open;
    ledger.add_touching(scope, by_name, open);
    return open;
}

TEST(DeleteLedger, WithoutDeletesCoversNothing) {
    DeleteLedger ledger(nullptr);
    ledger.begin(7);
    EXPECT_EQ(ledger.last_sequence(), 0u);
    EXPECT_EQ(ledger.of_group(1), nullptr);
    EXPECT_FALSE(ledger.covers_all(1, "cpu", 1));
    EXPECT_FALSE(ledger.has_stale_rows(scope(), kLater));
    EXPECT_EQ(ledger.next_due_ns(0, 10, 500), 500);
    EXPECT_EQ(covering_log(ledger, 1), Sequences{});
    EXPECT_EQ(touching(ledger, scope(), false), Sequences{});
}

TEST(DeleteLedger, CoversAllOfAMeasurementUpToItsSequence) {
    const DeleteLedger ledger(deletes_of({delete_of(30, "cpu")}));
    EXPECT_TRUE(ledger.covers_all(1, "cpu", 29));
    EXPECT_FALSE(ledger.covers_all(1, "cpu", 30)) << "a batch and a delete never share one";
    EXPECT_FALSE(ledger.covers_all(1, "cpu", 31));
    EXPECT_FALSE(ledger.covers_all(1, "mem", 29));
    EXPECT_FALSE(ledger.covers_all(2, "cpu", 29)) << "of another database";
}

TEST(DeleteLedger, CoversAllOnlyWhereNothingIsLeft) {
    model::Tombstone some = delete_of(30, "cpu");
    some.series = model::SeriesPredicate::compare(model::SeriesPredicate::Kind::kEqual, "h", "a");
    EXPECT_FALSE(DeleteLedger(deletes_of({some})).covers_all(1, "cpu", 1));
    const model::TimeRange all;
    for (const model::TimeRange& range :
         {model::TimeRange{all.begin + 1, all.end}, model::TimeRange{all.begin, all.end - 1}}) {
        EXPECT_FALSE(
            DeleteLedger(deletes_of({delete_of(30, "cpu", range)})).covers_all(1, "cpu", 1));
    }
    EXPECT_TRUE(DeleteLedger(deletes_of({delete_of(30, "cpu", all)})).covers_all(1, "cpu", 1));
    // One for every measurement does as well, and one of several is enough.
    EXPECT_TRUE(DeleteLedger(deletes_of({some, delete_of(40)})).covers_all(1, "cpu", 1));
}

TEST(DeleteLedger, AGroupThatWasMadeLaterIsNotCovered) {
    const Tombstones map = deletes_of({delete_of(30, "cpu", {}, 5)}, {5, 6});
    EXPECT_TRUE(DeleteLedger(map).covers_all(5, "cpu", 1));
    EXPECT_FALSE(DeleteLedger(map).covers_all(6, "cpu", 1));
}

TEST(DeleteLedger, MergesAreHeldUntilTheLastHoldEnds) {
    DeleteLedger ledger(nullptr);
    EXPECT_FALSE(ledger.merges_held());
    ledger.hold_merges();
    ledger.hold_merges();
    EXPECT_TRUE(ledger.merges_held());
    EXPECT_FALSE(ledger.release_merges());
    EXPECT_TRUE(ledger.merges_held());
    EXPECT_TRUE(ledger.release_merges());
    EXPECT_FALSE(ledger.merges_held());
}

TEST(DeleteLedgerDeathTest, AHoldEndsOnce) {
    DeleteLedger ledger(nullptr);
    EXPECT_DEATH(ledger.release_merges(), "holds_");
}

TEST(DeleteLedger, RowsAreStaleOnceTheDeleteIsOldEnough) {
    DeleteLedger ledger(nullptr);
    ledger.begin(0);
    ledger.set(deletes_of({delete_of(15)}), 1000, 7);
    EXPECT_FALSE(ledger.has_stale_rows(scope(), 999));
    EXPECT_TRUE(ledger.has_stale_rows(scope(), 1000));
    DeleteScope other = scope();
    other.group = 2;
    EXPECT_FALSE(ledger.has_stale_rows(other, kLater));
    // Rows that were all written later, or at other times, or that it has been applied to.
    other = scope();
    other.sequence_min = 15;
    EXPECT_FALSE(ledger.has_stale_rows(other, kLater));
    other.sequence_min = 14;
    EXPECT_TRUE(ledger.has_stale_rows(other, kLater));
    other = scope();
    other.deletes_applied = 15;
    EXPECT_FALSE(ledger.has_stale_rows(other, kLater));
    other.deletes_applied = 14;
    EXPECT_TRUE(ledger.has_stale_rows(other, kLater));
}

TEST(DeleteLedger, ADeleteFromBeforeTheStartIsOldEnoughAtOnce) {
    DeleteLedger ledger(deletes_of({delete_of(15)}));
    ledger.begin(0);
    EXPECT_TRUE(ledger.has_stale_rows(scope(), 0));
    // And stays so when others come.
    ledger.set(deletes_of({delete_of(15), delete_of(40)}), 1000, 7);
    EXPECT_TRUE(ledger.has_stale_rows(scope(), 0));
}

TEST(DeleteLedger, TheNextIsDueWhenItIsOldEnough) {
    DeleteLedger ledger(nullptr);
    ledger.begin(0);
    ledger.set(deletes_of({delete_of(15)}), 1000, 7);
    ledger.set(deletes_of({delete_of(15), delete_of(16)}), 2000, 7);
    EXPECT_EQ(ledger.next_due_ns(1000, 30, kLater), 1030);
    EXPECT_EQ(ledger.next_due_ns(1029, 30, kLater), 1030);
    EXPECT_EQ(ledger.next_due_ns(1030, 30, kLater), 2030)
        << "what is due already is not waited for";
    EXPECT_EQ(ledger.next_due_ns(2030, 30, kLater), kLater);
    EXPECT_EQ(ledger.next_due_ns(1000, 30, 1020), 1020);
}

TEST(DeleteLedger, LogsOfHeadsBeforeTheDeleteMayBringRowsBack) {
    DeleteLedger ledger(deletes_of({delete_of(15)}));
    ledger.begin(3);  // of logs that the start has replayed
    ledger.set(deletes_of({delete_of(15), delete_of(30)}), 1000, 7);
    EXPECT_EQ(covering_log(ledger, 1), (Sequences{15, 30}));
    EXPECT_EQ(covering_log(ledger, 3), (Sequences{15, 30}));
    EXPECT_EQ(covering_log(ledger, 4), (Sequences{30}));
    EXPECT_EQ(covering_log(ledger, 7), (Sequences{30}));
    EXPECT_EQ(covering_log(ledger, 8), (Sequences{}));
}

TEST(DeleteLedger, OfAStartWithoutLogsNoneMayBringRowsBack) {
    DeleteLedger ledger(deletes_of({delete_of(15)}));
    ledger.begin(0);
    EXPECT_EQ(covering_log(ledger, 1), Sequences{});
}

TEST(DeleteLedger, ADeleteThatIsSettledIsForgotten) {
    DeleteLedger ledger(nullptr);
    ledger.begin(0);
    ledger.set(deletes_of({delete_of(15), delete_of(30)}), 1000, 7);
    ledger.set(deletes_of({delete_of(30)}), 2000, 8);
    EXPECT_EQ(covering_log(ledger, 1), (Sequences{30}));
    EXPECT_EQ(covering_log(ledger, 8), Sequences{}) << "30 came while head 7 was active";
    ledger.set(nullptr, 3000, 9);
    EXPECT_EQ(ledger.last_sequence(), 0u);
    EXPECT_EQ(covering_log(ledger, 1), Sequences{});
}

// With its list the highest sequence is kept: one that is missing below it has nothing to cover.
TEST(DeleteLedger, AnOlderOneThatComesBackIsNotNew) {
    DeleteLedger ledger(nullptr);
    ledger.begin(0);
    ledger.set(deletes_of({delete_of(30)}), 1000, 7);
    ledger.set(deletes_of({delete_of(15), delete_of(30)}), 2000, 8);
    EXPECT_EQ(covering_log(ledger, 1), (Sequences{30}));
}

TEST(DeleteLedger, SaysWhichTouchRowsByScopeOrByName) {
    DeleteLedger ledger(
        deletes_of({delete_of(5), delete_of(15, "cpu"), delete_of(16, "mem"),
                    delete_of(17, "cpu", {0, 100}), delete_of(18, "cpu", {0, 101})}));
    ledger.begin(0);
    EXPECT_EQ(touching(ledger, scope(), false), (Sequences{15, 16, 18}));
    EXPECT_EQ(touching(ledger, scope(), true), (Sequences{15, 18}));
}

}  // namespace
}  // namespace sluice::storage
