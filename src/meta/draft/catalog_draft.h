// A catalog being changed: carries out single operations and writes them down, or does again what
// was written down.
//
// Knows what operations need to be possible at all (a policy needs its database, groups of a policy
// do not overlap), not what users may ask for: that is CatalogEditor's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "meta/draft/catalog_format.h"
#include "sluice/base/byte_writer.h"
#include "sluice/base/result.h"
#include "sluice/meta/catalog.h"

namespace sluice::meta {

// The object itself when the edit made it, else a copy in its place.
template <typename T>
T& own(std::shared_ptr<const T>& node, std::uint64_t edit) {
    if (node->edit != edit) {
        auto copy = std::make_shared<T>(*node);
        copy->edit = edit;
        node = std::move(copy);
    }
    return const_cast<T&>(*node);
}

// What to do with an operation that does not fit the catalog it is applied to. That happens only
// when operations before it were lost.
enum class Misfit : std::uint8_t { kRefuse, kSkip };

class CatalogDraft {
public:
    explicit CatalogDraft(const Catalog& base);

    const Catalog& catalog() const { return *catalog_; }
    ByteSpan changes() const { return changes_.span(); }
    std::shared_ptr<const Catalog> finish();

    // Operations that return bool do nothing and say false when they do not fit.
    bool create_database(std::string_view name, std::string_view default_policy);
    bool drop_database(std::string_view name);
    // Creates the policy or gives it new values.
    bool put_policy(std::string_view database, std::string_view policy, std::int64_t duration_ns,
                    std::int64_t shard_group_duration_ns, std::uint32_t replica_n,
                    bool make_default);
    // False: there is no such policy, or a limit is below zero.
    bool limit_writes(std::string_view database, std::string_view policy,
                      const model::WriteLimits& limits);
    bool drop_policy(std::string_view database, std::string_view policy);
    // `range` overlaps no group of the policy; the group is selected.
    bool add_group(std::string_view database, std::string_view policy, model::ShardGroupId id,
                   const model::TimeRange& range);
    // Several at once, in time linear in the groups of the policy. None is added when one does not
    // fit. The last one is selected.
    bool add_groups(std::string_view database, std::string_view policy,
                    std::span<const model::ShardSlot> groups);
    bool remove_group(std::string_view database, std::string_view policy, model::ShardGroupId id,
                      model::Timestamp begin);
    // The group that add_fields() adds to until the end of this draft's run of operations.
    bool select_group(std::string_view database, std::string_view policy, model::ShardGroupId id,
                      model::Timestamp begin);
    // Fields that exist with the same type are passed over; no field has another type.
    bool add_fields(std::string_view measurement, std::span<const Field> fields);
    // The measurement gets the schema that it has in the group before the selected one.
    bool copy_fields(std::string_view measurement);
    void doom_groups(std::span<const model::ShardGroupId> groups);
    void forget_doomed(std::span<const model::ShardGroupId> groups);
    void raise_group_id(model::ShardGroupId id);
    // Takes the place of those it makes superfluous. Its sequence is above all of the database.
    bool add_tombstone(std::string_view database, model::Tombstone tombstone);
    // Of whatever database.
    void forget_tombstones(std::span<const std::uint64_t> sequences);
    // The newest delete of the database had this sequence, though its tombstone may be forgotten.
    bool note_deletes(std::string_view database, std::uint64_t sequence);
    // From every shard group of every policy.
    bool remove_measurement(std::string_view database, std::string_view measurement);

    bool create_user(std::string_view name, std::string_view password_hash, bool is_admin);
    bool drop_user(std::string_view name);
    bool set_password(std::string_view user, std::string_view password_hash);
    bool set_admin(std::string_view user, bool is_admin);
    // kNone is kept too, as InfluxDB does.
    bool set_privilege(std::string_view user, std::string_view database, Privilege privilege);

    // Its id and its code are new. Tokens go with the user who made them.
    bool create_token(Token token);
    bool alter_token(std::uint64_t id, std::string_view description, bool is_active,
                     std::int64_t now_ns);
    bool drop_token(std::uint64_t id);
    bool describe_bucket(std::string_view database, std::string_view policy,
                         const BucketFacts& facts);
    bool name_organization(const Organization& organization);

    bool create_continuous_query(std::string_view database, std::string_view name,
                                 std::string_view text);
    bool drop_continuous_query(std::string_view database, std::string_view name);
    bool create_subscription(std::string_view database, std::string_view policy,
                             Subscription subscription);
    bool drop_subscription(std::string_view database, std::string_view policy,
                           std::string_view name);

    // Does again what `changes` says. kCorrupt: malformed bytes, or a misfit that is refused;
    // kUnsupported: written by a later version. The draft is of no use after an error.
    Result<void> apply(ByteSpan changes, Misfit misfit);
    std::uint64_t skipped() const { return skipped_; }

private:
    Database* own_database(std::string_view name);
    RetentionPolicy* own_policy(std::string_view database, std::string_view policy);
    ShardGroup& own_group(RetentionPolicy& policy, std::size_t index);
    User* own_user(std::string_view name);
    void forget_privileges(std::string_view database);
    std::size_t token_place(std::uint64_t id) const;
    void remove_token(std::uint64_t id);
    void forget_tokens_of(std::string_view user);
    void forget_permissions(std::uint64_t bucket);
    void doom_all_groups(const RetentionPolicy& policy);
    void share_with_neighbour(std::shared_ptr<const MeasurementSchema>& schema);
    void sort_databases();
    void map_tombstones();
    void record(CatalogOp op);
    void record_group(std::string_view database, std::string_view policy,
                      const model::ShardSlot& group);
    bool may_be_id(model::ShardGroupId id) const;
    // One kAddGroup and all of the same policy that follow it. Returns how many did not fit.
    std::uint64_t apply_groups(ByteReader& in, bool& well_formed);
    bool apply_one(CatalogOp op, ByteReader& in, bool& well_formed);
    bool apply_user(CatalogOp op, ByteReader& in, bool& well_formed);
    bool apply_token(CatalogOp op, ByteReader& in, bool& well_formed);
    bool apply_service(CatalogOp op, ByteReader& in, bool& well_formed);

    std::shared_ptr<Catalog> catalog_;
    std::uint64_t edit_;
    ByteWriter changes_;
    bool recording_ = true;
    bool removed_ = false;
    bool tombstones_changed_ = false;
    std::uint64_t skipped_ = 0;

    // What select_group() and add_group() leave behind; nullptr after operations that may move it.
    RetentionPolicy* selected_policy_ = nullptr;
    std::size_t selected_index_ = 0;
};

// The fields of kCreateToken.
void write_token(ByteWriter& out, const Token& token);
// kAddTombstone or kAddPolicyTombstone, the kind included.
void write_tombstone(ByteWriter& out, std::string_view database, const model::Tombstone& tombstone);

}  // namespace sluice::meta
