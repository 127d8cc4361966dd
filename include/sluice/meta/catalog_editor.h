// One change of the catalog: what statements and writes ask for, by InfluxDB's rules.
//
// An editor starts from a snapshot, takes any number of requests, and ends as the next snapshot
// together with the bytes that the catalog's log keeps of it. A request that fails changes nothing.
// Applying the bytes to the same snapshot gives the same result (src/meta/CATALOG_FORMAT.md).
//
// Pure: no I/O, no clock. The rules are those of services/meta/data.go and client.go in InfluxDB
// 1.8, the texts too.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/bytes.h"
#include "sluice/base/result.h"
#include "sluice/meta/catalog.h"
#include "sluice/meta/retention_policy.h"

namespace sluice::meta {

// The names that a write needs before its points can be stored.
struct MeasurementWanted {
    std::string name;
    std::vector<Field> fields;
};
struct GroupWanted {
    model::ShardGroupId group = 0;  // 0: the group that holds `time`, made when there is none
    model::Timestamp time = 0;      // in the group's range
    std::vector<MeasurementWanted> measurements;
};
struct NamesWanted {
    std::string database;
    std::string retention_policy;
    std::vector<GroupWanted> groups;
};

struct ExpiredGroup {
    std::string database;
    std::string retention_policy;
    model::ShardGroupId group = 0;
    model::TimeRange range;
};

// Each is looked at when a bucket is dropped, and lies in the memory of every core's snapshot.
inline constexpr std::size_t kTokensMax = 100'000;

class CatalogDraft;

class CatalogEditor {
public:
    // `base` is not changed.
    explicit CatalogEditor(const Catalog& base);
    ~CatalogEditor();
    CatalogEditor(const CatalogEditor&) = delete;
    CatalogEditor& operator=(const CatalogEditor&) = delete;

    // CREATE DATABASE, with `policy` CREATE DATABASE ... WITH. The same again is no error.
    Result<void> create_database(std::string_view name,
                                 const std::optional<RetentionPolicySpec>& policy);
    // Dropping what does not exist is no error.
    void drop_database(std::string_view name);
    Result<void> create_retention_policy(std::string_view database,
                                         const RetentionPolicySpec& policy, bool make_default);
    Result<void> alter_retention_policy(std::string_view database, std::string_view policy,
                                        const RetentionPolicyUpdate& update, bool make_default);
    void drop_retention_policy(std::string_view database, std::string_view policy);

    // kConflict where the name is taken: whether the password is the same is the caller's to find
    // out, before.
    Result<void> create_user(std::string_view name, std::string_view password_hash, bool is_admin);
    Result<void> drop_user(std::string_view name);
    Result<void> set_password(std::string_view user, std::string_view password_hash);
    Result<void> set_admin(std::string_view user, bool is_admin);
    // Takes the place of what the user had on the database.
    Result<void> grant(std::string_view user, std::string_view database, Privilege privilege);
    Result<void> revoke(std::string_view user, std::string_view database, Privilege privilege);

    // kNotFound: its user, or a bucket that it permits. kConflict: there is such a token.
    Result<void> create_token(Token token);
    // What is not given stays.
    Result<void> alter_token(std::uint64_t id, const std::optional<std::string>& description,
                             const std::optional<bool>& is_active, std::int64_t now_ns);
    Result<void> drop_token(std::uint64_t id);
    Result<void> describe_bucket(std::string_view database, std::string_view policy,
                                 const BucketFacts& facts);
    Result<void> name_organization(const Organization& organization);

    // The same again, upper and lower case apart, is no error.
    Result<void> create_continuous_query(std::string_view database, std::string_view name,
                                         std::string_view text);
    // Dropping what does not exist is no error.
    void drop_continuous_query(std::string_view database, std::string_view name);
    Result<void> create_subscription(std::string_view database, std::string_view policy,
                                     const Subscription& subscription);
    Result<void> drop_subscription(std::string_view database, std::string_view policy,
                                   std::string_view name);

    // Makes what is missing. Groups that are gone and fields that exist with another type are
    // passed over: the caller looks again at the new snapshot. kNotFound: database or policy.
    Result<void> ensure_names(const NamesWanted& wanted);
    // Groups that are gone are passed over.
    void expire_groups(std::span<const ExpiredGroup> groups);
    // DELETE, DROP SERIES, DROP MEASUREMENT. `sequence` was taken for it; its last_group is filled
    // in. kNotFound: database, or the policy it names. kBusy: too many deletes wait for compaction.
    Result<void> add_tombstone(std::string_view database, model::Tombstone tombstone);
    // Fields and types of the measurement are gone, so that others may be written.
    void remove_measurement(std::string_view database, std::string_view measurement);
    // DROP SHARD: the group, in whichever policy it is. Dropping what does not exist is no error.
    void drop_group(model::ShardGroupId group);
    // Forgets deletes that have nothing left to cover in any store.
    void forget_tombstones(std::span<const std::uint64_t> sequences);
    // Forgets groups that every store has unlinked.
    void forget_doomed(std::span<const model::ShardGroupId> groups);
    // Groups made from now on have ids above `id`.
    void raise_group_id(model::ShardGroupId id);
    // A group that the stores have and the catalog has lost; database and policy exist. kConflict:
    // its range overlaps another of the policy.
    Result<void> restore_group(const NamesWanted& place, model::ShardGroupId id,
                               const model::TimeRange& range,
                               std::span<const MeasurementWanted> measurements);

    // With what was done so far. Views into it are valid until the next change.
    const Catalog& catalog() const;
    bool changed() const { return !changes().empty(); }
    // Returns what was done so far, in the form of the log.
    ByteSpan changes() const;

    // The next snapshot. The editor is of no use afterwards.
    std::shared_ptr<const Catalog> finish() &&;

private:
    void limit_writes(std::string_view database, const RetentionPolicy& policy);
    void make_groups(const NamesWanted& wanted);
    void ensure_group(const NamesWanted& wanted, const RetentionPolicy& policy,
                      const GroupWanted& group);

    std::unique_ptr<CatalogDraft> draft_;
};

// Runs on the catalog's core: it holds what it needs, or refers to what outlives it.
using CatalogChange = std::function<Result<void>(CatalogEditor&)>;

}  // namespace sluice::meta
