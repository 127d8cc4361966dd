// A Catalog is one immutable state of everything that the server knows besides the points:
// databases, retention policies, shard groups, the types of fields, continuous queries,
// subscriptions, users and tokens.
//
// Every core holds a snapshot; catalog_writer.h makes the next one. A change copies only the path
// to what it changes, all other nodes are shared between snapshots. Pointers and views into a
// snapshot are valid as long as the snapshot is held. Lookups do not allocate.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/pod_vector.h"
#include "sluice/meta/name_map.h"
#include "sluice/meta/subscription.h"
#include "sluice/meta/token.h"
#include "sluice/meta/user.h"
#include "sluice/model/field_type.h"
#include "sluice/model/shard_map.h"
#include "sluice/model/timestamp.h"
#include "sluice/model/tombstone.h"

namespace sluice::meta {

struct Field {
    std::string name;
    model::FieldType type = model::FieldType::kFloat;
    bool operator==(const Field&) const = default;
};

// The fields of one measurement within one shard group. Fields are only ever added.
struct MeasurementSchema {
    explicit MeasurementSchema(std::string name_) : name(std::move(name_)) {}
    MeasurementSchema(const MeasurementSchema& other);
    MeasurementSchema& operator=(const MeasurementSchema&) = delete;

    const Field* find_field(std::string_view field) const;
    // Returns the fields in the order of their creation.
    std::span<const Field> fields() const { return fields_; }

    // Adds a field whose name is new. Only the editor that made this object calls it, before anyone
    // else has it.
    void add_field(Field field);

    const std::string name;
    std::uint64_t edit = 0;  // the edit that made this object; 0: shared between groups

private:
    void index_field(std::uint32_t position);

    std::vector<Field> fields_;
    // Open addressing over fields_ by name, only for measurements with many fields.
    std::vector<std::uint32_t> slots_;
};

struct ShardGroup {
    model::ShardGroupId id = 0;
    model::TimeRange range;
    NameMap<MeasurementSchema> measurements;
    std::uint64_t edit = 0;
};

// What is said about a bucket by the 2.x API alone.
struct BucketFacts {
    std::string description;
    std::int64_t created_ns = 0;  // 0: not known, because statements of 1.x made it
    std::int64_t updated_ns = 0;  // likewise
};

struct RetentionPolicy {
    std::string name;
    std::uint64_t bucket_id = 0;   // see bucket.h
    std::int64_t duration_ns = 0;  // 0 keeps points for ever
    std::int64_t shard_group_duration_ns = kWeekNs;
    std::uint32_t replica_n = 1;  // kept for the answer of SHOW RETENTION POLICIES only
    model::WriteLimits write_limits;

    // Sorted by range.begin, without overlap; `shard_slots` is the same list for ShardMap.
    std::vector<std::shared_ptr<const ShardGroup>> shard_groups;
    std::vector<model::ShardSlot> shard_slots;
    std::vector<std::shared_ptr<const Subscription>> subscriptions;  // as created
    BucketFacts facts;
    std::uint64_t edit = 0;

    static constexpr std::size_t kNoGroup = ~std::size_t{0};
    std::size_t group_index_at(model::Timestamp t) const;  // kNoGroup: none holds `t`
    const ShardGroup* group_at(model::Timestamp t) const;
    const ShardGroup* find_group(model::ShardGroupId id, const model::TimeRange& range) const {
        const ShardGroup* group = group_at(range.begin);
        return group != nullptr && group->id == id ? group : nullptr;
    }
    // Points before this are beyond the policy.
    model::Timestamp time_min(model::Timestamp now) const;
};

struct ContinuousQuery {
    std::string name;
    std::string text;  // the whole CREATE CONTINUOUS QUERY statement in its normal form
};

struct Database {
    std::string name;
    // May name a policy that has been dropped, as in InfluxDB: writes then fail with
    // "retention policy not found".
    std::string default_retention_policy;
    std::vector<std::shared_ptr<const RetentionPolicy>> retention_policies;  // as created
    std::vector<std::shared_ptr<const ContinuousQuery>> continuous_queries;  // as created
    // Deletes that may still cover something, by sequence.
    model::TombstoneList tombstones;
    // The sequence of the newest delete there ever was; 0: none. Only then a measurement of the
    // catalog may be without points.
    std::uint64_t last_delete = 0;
    std::uint64_t edit = 0;

    // nullptr when absent. An empty name means the default policy.
    const RetentionPolicy* find_policy(std::string_view policy) const;
};

// The one organisation that the 2.x API knows. Without a name nobody has given it one, and it
// answers to every name.
struct Organization {
    std::string name;
    std::string description;
    std::int64_t created_ns = 0;
    std::int64_t updated_ns = 0;
};

// The first bytes of a token's code, and which token may have it.
struct TokenPlace {
    std::uint64_t prefix = 0;
    std::uint64_t id = 0;
};
std::uint64_t token_prefix(std::string_view code);

struct Catalog {
    // Rises with every change.
    std::uint64_t version = 0;
    // Rises with every change that takes something away (drops, expiry): a shard group, measurement
    // or field that an older snapshot of the same number has is still there.
    std::uint64_t removals = 0;
    model::ShardGroupId last_group_id = 0;
    std::vector<std::shared_ptr<const Database>> databases;  // as created: SHOW DATABASES
    // Groups that left the catalog but may still lie in a store. Each goes when every store has
    // unlinked it.
    std::vector<model::ShardGroupId> doomed_groups;
    std::vector<std::shared_ptr<const User>> users;    // as created: SHOW USERS
    std::vector<std::shared_ptr<const Token>> tokens;  // by id
    std::vector<TokenPlace> tokens_by_code;            // by prefix
    Organization organization;
    // The tombstones of all databases, as stores want them. Another object after every change.
    std::shared_ptr<const model::TombstoneMap> tombstones;

    const Database* find_database(std::string_view name) const;
    const User* find_user(std::string_view name) const;  // nullptr when absent
    const Token* find_token(std::uint64_t id) const;     // likewise
    // The time tells at most how long a code begins like another, and nobody can choose codes.
    const Token* find_token_of_code(std::string_view code) const;

    // Indexes of `databases`, sorted by name.
    std::vector<std::uint32_t> databases_by_name;
};

}  // namespace sluice::meta
