// Histories of made-up changes: what every catalog has to keep, what a failed request leaves, and
// that log and snapshot both lead to the same catalog again.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "meta/draft/catalog_draft.h"
#include "meta/log/catalog_snapshot.h"
#include "sluice/base/random.h"
#include "sluice/base/units.h"
#include "sluice/meta/bucket.h"
#include "sluice/meta/catalog_editor.h"

namespace sluice::meta {
namespace {

using Bytes = std::vector<std::byte>;

Bytes snapshot_of(const Catalog& catalog) {
    CatalogSnapshotEncoder encoder(catalog, 1, 1);
    ByteWriter out;
    while (encoder.next(out)) {
    }
    return {out.span().begin(), out.span().end()};
}

// Makes up requests about few names, so that most of them meet something.
class Client {
public:
    explicit Client(std::uint64_t seed) : random_(seed) {}

    // A request and whether it was carried out. What the editor does not refuse counts as done.
    Result<void> ask(CatalogEditor& editor) {
        switch (random_.below(22)) {
            case 0:
            case 1:
                return editor.create_database(database(),
                                              flip() ? std::optional(policy()) : std::nullopt);
            case 2:
                if (random_.chance(0.3)) editor.drop_database(database());
                return {};
            case 3:
            case 4:
                return editor.create_retention_policy(database(), policy(), flip());
            case 5:
                return editor.alter_retention_policy(database(), policy_name(), update(), flip());
            case 6:
                if (random_.chance(0.3)) editor.drop_retention_policy(database(), policy_name());
                return {};
            case 7:
            case 8:
            case 9:
            case 10:
                return editor.ensure_names(names(editor.catalog()));
            case 11:
                return expire(editor);
            case 12:
                return editor.create_user(user(), "hash " + std::to_string(random_.below(3)),
                                          flip());
            case 13:
                return random_.chance(0.3) ? editor.drop_user(user())
                                           : editor.set_password(user(), "other");
            case 14:
                return editor.grant(user(), database(), privilege());
            case 15:
                return editor.revoke(user(), database(), privilege());
            case 16:
                return token(editor);
            case 17:
                return editor.create_continuous_query(database(), query(), "text of " + query());
            case 18:
                editor.drop_continuous_query(database(), query());
                return {};
            case 19:
                return subscription(editor);
            case 20:
                return tombstone(editor);
            default:
                editor.remove_measurement(database(), measurement());
                return {};
        }
    }
    std::uint64_t requests_at_once() { return 1 + random_.below(3); }

private:
    bool flip() { return random_.chance(0.5); }
    std::string name_of(const char* prefix, std::uint64_t count) {
        return prefix + std::to_string(random_.below(count));
    }
    std::string database() { return name_of("d", 3); }
    std::string policy_name() { return random_.chance(0.4) ? "autogen" : name_of("p", 2); }
    std::string user() { return name_of("u", 3); }
    std::string query() { return name_of("q", 2); }
    std::string measurement() { return name_of("m", 4); }
    Privilege privilege() { return static_cast<Privilege>(1 + random_.below(3)); }
    std::int64_t duration() {
        // Below an hour is refused.
        constexpr std::int64_t kDurations[] = {0, kHourNs - 1, kHourNs, 3 * kDayNs, 200 * kDayNs};
        return kDurations[random_.below(std::size(kDurations))];
    }
    RetentionPolicySpec policy() {
        RetentionPolicySpec spec;
        spec.name = policy_name();
        if (flip()) spec.duration_ns = duration();
        if (flip()) spec.replica_n = static_cast<std::uint32_t>(1 + random_.below(2));
        if (flip()) spec.shard_group_duration_ns = duration();
        if (random_.chance(0.2)) spec.past_limit_ns = duration();
        return spec;
    }
    RetentionPolicyUpdate update() {
        RetentionPolicyUpdate update;
        if (flip()) update.duration_ns = duration();
        if (flip()) update.shard_group_duration_ns = duration();
        if (random_.chance(0.3)) update.future_limit_ns = duration();
        return update;
    }
    std::vector<MeasurementWanted> measurements() {
        std::vector<MeasurementWanted> wanted;
        for (std::uint64_t n = random_.below(3); n > 0; --n) {
            MeasurementWanted one{measurement(), {}};
            for (std::uint64_t f = 1 + random_.below(3); f > 0; --f) {
                one.fields.push_back(
                    {name_of("f", 5), static_cast<model::FieldType>(1 + random_.below(5))});
            }
            wanted.push_back(std::move(one));
        }
        return wanted;
    }
    model::Timestamp time() {
        if (random_.chance(0.02)) return model::kTimestampMin;
        if (random_.chance(0.02)) return model::kTimestampMax;
        return random_.between(-20 * kDayNs, 20 * kDayNs);
    }
    // Of an existing group, of one that is gone, or of a time.
    NamesWanted names(const Catalog& catalog) {
        NamesWanted wanted{database(), policy_name(), {}};
        for (std::uint64_t n = 1 + random_.below(3); n > 0; --n) {
            GroupWanted group{0, time(), measurements()};
            if (random_.chance(0.2)) group.group = 1 + random_.below(catalog.last_group_id + 1);
            wanted.groups.push_back(std::move(group));
        }
        return wanted;
    }
    Result<void> expire(CatalogEditor& editor) {
        const Database* const place = editor.catalog().find_database(database());
        if (place == nullptr) return {};
        for (const auto& policy : place->retention_policies) {
            if (policy->shard_groups.empty() || flip()) continue;
            const auto& group = policy->shard_groups[random_.below(policy->shard_groups.size())];
            const ExpiredGroup expired{place->name, policy->name, group->id, group->range};
            if (flip()) {
                editor.expire_groups({&expired, 1});
            } else {
                editor.drop_group(expired.group);
            }
            if (flip()) editor.forget_doomed({&expired.group, 1});
            break;
        }
        return {};
    }
    Result<void> token(CatalogEditor& editor) {
        const std::uint64_t id = 1 + random_.below(6);
        if (random_.chance(0.2)) return editor.drop_token(id);
        if (random_.chance(0.3)) return editor.alter_token(id, "said again", flip(), 9);
        Token made;
        made.id = id;
        made.code = token_code_of("text " + std::to_string(random_.below(8)));
        if (flip()) made.user = user();
        made.permissions.push_back(
            {flip() ? Privilege::kRead : Privilege::kWrite, std::string(kBucketResource), 0});
        made.created_ns = 7;
        return editor.create_token(std::move(made));
    }
    Result<void> subscription(CatalogEditor& editor) {
        const std::string name = name_of("s", 2);
        if (random_.chance(0.3)) return editor.drop_subscription(database(), policy_name(), name);
        const Subscription made{name,
                                flip() ? SubscriptionMode::kAll : SubscriptionMode::kAny,
                                {"http://h:" + std::to_string(1 + random_.below(9))}};
        return editor.create_subscription(database(), policy_name(), made);
    }
    Result<void> tombstone(CatalogEditor& editor) {
        if (random_.chance(0.3)) {
            const std::uint64_t sequence = random_.below(sequence_ + 1);
            editor.forget_tombstones({&sequence, 1});
            return {};
        }
        model::Tombstone made;
        made.sequence = ++sequence_;
        made.range = {random_.between(-9, 0), random_.between(1, 9)};
        made.measurements.push_back({measurement(), {}});
        return editor.add_tombstone(database(), std::move(made));
    }

    Random random_;
    std::uint64_t sequence_ = 0;
};

void expect_sound(const RetentionPolicy& policy, model::ShardGroupId last_id,
                  std::set<model::ShardGroupId>& ids) {
    ASSERT_EQ(policy.shard_groups.size(), policy.shard_slots.size());
    for (std::size_t i = 0; i < policy.shard_groups.size(); ++i) {
        const ShardGroup& group = *policy.shard_groups[i];
        ASSERT_LT(group.range.begin, group.range.end);
        ASSERT_EQ(policy.shard_slots[i].group, group.id);
        ASSERT_EQ(policy.shard_slots[i].range.begin, group.range.begin);
        ASSERT_EQ(policy.shard_slots[i].range.end, group.range.end);
        if (i > 0) {
            ASSERT_LE(policy.shard_groups[i - 1]->range.end, group.range.begin);
        }
        ASSERT_TRUE(ids.insert(group.id).second) << "two groups have the id " << group.id;
        ASSERT_LE(group.id, last_id);
        // Both ends are found, and nothing beyond them.
        ASSERT_EQ(policy.group_at(group.range.begin), &group);
        ASSERT_EQ(policy.group_at(group.range.end - 1), &group);
        if (group.range.end <= model::kTimestampMax) {
            ASSERT_NE(policy.group_at(group.range.end), &group);
        }
        ASSERT_EQ(policy.find_group(group.id, group.range), &group);
        group.measurements.for_each([](const MeasurementSchema& schema) {
            std::set<std::string> names;
            for (const Field& field : schema.fields()) {
                EXPECT_TRUE(names.insert(field.name).second) << "a field is there twice";
                const Field* const found = schema.find_field(field.name);
                ASSERT_NE(found, nullptr);
                EXPECT_EQ(*found, field);
            }
        });
    }
}

// What the headers promise of every catalog.
void expect_sound(const Catalog& catalog) {
    std::set<model::ShardGroupId> ids;
    std::set<std::uint64_t> buckets;
    ASSERT_EQ(catalog.databases_by_name.size(), catalog.databases.size());
    for (std::size_t i = 1; i < catalog.databases_by_name.size(); ++i) {
        ASSERT_LT(catalog.databases[catalog.databases_by_name[i - 1]]->name,
                  catalog.databases[catalog.databases_by_name[i]]->name);
    }
    for (const auto& database : catalog.databases) {
        ASSERT_EQ(catalog.find_database(database->name), database.get());
        std::set<std::string> names;
        for (const auto& policy : database->retention_policies) {
            ASSERT_TRUE(names.insert(policy->name).second);
            ASSERT_EQ(database->find_policy(policy->name), policy.get());
            ASSERT_TRUE(policy->duration_ns == 0 || policy->duration_ns >= kPolicyDurationMinNs);
            ASSERT_GE(policy->shard_group_duration_ns, kPolicyDurationMinNs);
            ASSERT_TRUE(buckets.insert(policy->bucket_id).second) << "a bucket is there twice";
            expect_sound(*policy, catalog.last_group_id, ids);
        }
        std::uint64_t sequence = 0;
        for (const auto& tombstone : database->tombstones) {
            ASSERT_GT(tombstone->sequence, sequence);
            sequence = tombstone->sequence;
        }
        ASSERT_LE(sequence, database->last_delete);
    }
    // Whoever is gone is in no store of a later group.
    for (const model::ShardGroupId id : catalog.doomed_groups) {
        ASSERT_FALSE(ids.contains(id)) << "the doomed group " << id << " is still there";
    }
    for (std::size_t i = 0; i < catalog.tokens.size(); ++i) {
        const Token& token = *catalog.tokens[i];
        if (i > 0) {
            ASSERT_LT(catalog.tokens[i - 1]->id, token.id);
        }
        ASSERT_EQ(catalog.find_token(token.id), &token);
        ASSERT_EQ(catalog.find_token_of_code(token.code), &token);
        // Tokens go with the user who made them.
        ASSERT_TRUE(token.user.empty() || catalog.find_user(token.user) != nullptr);
    }
    for (const auto& user : catalog.users) {
        ASSERT_EQ(catalog.find_user(user->name), user.get());
        for (std::size_t i = 1; i < user->privileges.size(); ++i) {
            ASSERT_LT(user->privileges[i - 1].database, user->privileges[i].database);
        }
    }
}

TEST(CatalogHistory, KeepsEveryCatalogSound) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        Client client(seed);
        std::shared_ptr<const Catalog> catalog = std::make_shared<Catalog>();
        for (int step = 0; step < 120; ++step) {
            CatalogEditor editor(*catalog);
            for (std::uint64_t n = client.requests_at_once(); n > 0; --n) {
                const Bytes before = snapshot_of(editor.catalog());
                const std::size_t changes = editor.changes().size();
                const Result<void> done = client.ask(editor);
                if (done.ok()) continue;
                ASSERT_FALSE(done.error().message.empty());
                ASSERT_EQ(editor.changes().size(), changes) << done.error().message;
                ASSERT_EQ(snapshot_of(editor.catalog()), before) << done.error().message;
            }
            const bool changed = editor.changed();
            const std::uint64_t version = catalog->version;
            catalog = std::move(editor).finish();
            if (changed) {
                ASSERT_GT(catalog->version, version);
            }
            expect_sound(*catalog);
            if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed << ", step " << step;
        }
    }
}

TEST(CatalogHistory, IsDoneAgainByItsBytes) {
    for (std::uint64_t seed = 100; seed <= 140; ++seed) {
        Client client(seed);
        std::shared_ptr<const Catalog> catalog = std::make_shared<Catalog>();
        std::shared_ptr<const Catalog> replayed = std::make_shared<Catalog>();
        for (int step = 0; step < 120; ++step) {
            CatalogEditor editor(*catalog);
            for (std::uint64_t n = client.requests_at_once(); n > 0; --n) (void)client.ask(editor);
            CatalogDraft draft(*replayed);
            const Result<void> applied = draft.apply(editor.changes(), Misfit::kRefuse);
            ASSERT_TRUE(applied.ok()) << applied.error().message << ", seed " << seed;
            catalog = std::move(editor).finish();
            replayed = draft.finish();
            ASSERT_EQ(snapshot_of(*replayed), snapshot_of(*catalog)) << seed << ", " << step;
        }
        expect_sound(*replayed);
    }
}

TEST(CatalogHistory, ComesBackFromASnapshot) {
    for (std::uint64_t seed = 200; seed <= 240; ++seed) {
        Client client(seed);
        std::shared_ptr<const Catalog> catalog = std::make_shared<Catalog>();
        for (int step = 0; step < 150; ++step) {
            CatalogEditor editor(*catalog);
            (void)client.ask(editor);
            catalog = std::move(editor).finish();
            if (step % 10 != 0) continue;
            const Bytes bytes = snapshot_of(*catalog);
            CatalogDraft draft{Catalog{}};
            const auto loaded = load_snapshot(bytes, 1, draft);
            ASSERT_TRUE(loaded.ok()) << loaded.error().message << ", seed " << seed;
            const auto again = draft.finish();
            ASSERT_EQ(snapshot_of(*again), bytes) << seed << ", " << step;
            expect_sound(*again);
        }
    }
}

// Every core holds the snapshot that it was given, whatever the writer does meanwhile.
TEST(CatalogHistory, LeavesOlderSnapshotsAsTheyAre) {
    Client client(7);
    std::vector<std::pair<std::shared_ptr<const Catalog>, Bytes>> states;
    std::shared_ptr<const Catalog> catalog = std::make_shared<Catalog>();
    for (int step = 0; step < 300; ++step) {
        states.emplace_back(catalog, snapshot_of(*catalog));
        CatalogEditor editor(*catalog);
        for (std::uint64_t n = client.requests_at_once(); n > 0; --n) (void)client.ask(editor);
        catalog = std::move(editor).finish();
    }
    for (const auto& [state, bytes] : states) ASSERT_EQ(snapshot_of(*state), bytes);
}

// A number of removals that stays tells readers that all they know is still there.
TEST(CatalogHistory, CountsEveryRemoval) {
    for (std::uint64_t seed = 300; seed <= 330; ++seed) {
        Client client(seed);
        std::shared_ptr<const Catalog> catalog = std::make_shared<Catalog>();
        for (int step = 0; step < 120; ++step) {
            CatalogEditor editor(*catalog);
            (void)client.ask(editor);
            const auto next = std::move(editor).finish();
            ASSERT_GE(next->removals, catalog->removals);
            if (next->removals == catalog->removals) {
                for (const auto& database : catalog->databases) {
                    const Database* const now = next->find_database(database->name);
                    ASSERT_NE(now, nullptr) << database->name << ", seed " << seed;
                    for (const auto& policy : database->retention_policies) {
                        const RetentionPolicy* const its = now->find_policy(policy->name);
                        ASSERT_NE(its, nullptr) << policy->name << ", seed " << seed;
                        for (const auto& group : policy->shard_groups) {
                            const ShardGroup* const kept = its->find_group(group->id, group->range);
                            ASSERT_NE(kept, nullptr) << group->id << ", seed " << seed;
                            group->measurements.for_each([&](const MeasurementSchema& schema) {
                                const auto* found = kept->measurements.find(schema.name);
                                ASSERT_NE(found, nullptr) << schema.name;
                                for (const Field& field : schema.fields()) {
                                    ASSERT_NE(found->find_field(field.name), nullptr) << field.name;
                                }
                            });
                        }
                    }
                }
            }
            catalog = next;
        }
    }
}

}  // namespace
}  // namespace sluice::meta
