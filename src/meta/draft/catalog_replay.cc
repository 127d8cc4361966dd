// This is the reading half of CatalogDraft: it does again what was written down.
#include <vector>

#include "meta/draft/catalog_draft.h"

namespace sluice::meta {
namespace {

bool read_fields(ByteReader& in, std::vector<Field>& fields) {
    const std::uint64_t count = in.read_varint();
    // A field takes two bytes at least: a damaged count cannot make us reserve memory.
    if (!in.ok() || count > in.remaining() / 2) return false;
    fields.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto type = in.read<std::uint8_t>();
        const std::string_view name = in.read_text();
        if (!in.ok() || !model::is_valid_field_type(type)) return false;
        fields.push_back({std::string(name), static_cast<model::FieldType>(type)});
    }
    return true;
}

bool read_numbers(ByteReader& in, std::vector<std::uint64_t>& numbers) {
    const std::uint64_t count = in.read_varint();
    if (!in.ok() || count > in.remaining()) return false;
    numbers.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) numbers.push_back(in.read_varint());
    return in.ok();
}

bool read_subscription(ByteReader& in, Subscription& subscription) {
    subscription.name = in.read_text();
    const auto mode = in.read<std::uint8_t>();
    const std::uint64_t count = in.read_varint();
    if (!in.ok() || mode > 1 || count > in.remaining()) return false;
    subscription.mode = static_cast<SubscriptionMode>(mode);
    subscription.destinations.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i)
        subscription.destinations.emplace_back(in.read_text());
    return in.ok();
}

Error malformed() {
    return {ErrorKind::kCorrupt, "a catalog record is malformed"};
}

}  // namespace

// Three things can be wrong, and they are not the same. An operation that this version does not
// know ends the start, because leaving it out would change what follows. Bytes that are malformed
// are damage of this record. An operation that does not fit what is there, a policy of a database
// that is missing, follows from an earlier loss: where losses are expected it is passed over and
// counted.
Result<void> CatalogDraft::apply(ByteSpan changes, Misfit misfit) {
    // What is done again is not written down again.
    recording_ = false;
    selected_policy_ = nullptr;
    ByteReader in(changes);
    while (in.remaining() != 0) {
        const auto code = in.read<std::uint8_t>();
        if (code == 0 || code > static_cast<std::uint8_t>(kLastCatalogOp)) {
            return Error{ErrorKind::kUnsupported, "a catalog record holds operation " +
                                                      std::to_string(code) +
                                                      ", which this version does not know"};
        }
        bool well_formed = true;
        const auto op = static_cast<CatalogOp>(code);
        const std::uint64_t misfits = op == CatalogOp::kAddGroup
                                          ? apply_groups(in, well_formed)
                                          : std::uint64_t{!apply_one(op, in, well_formed)};
        if (!well_formed || !in.ok()) return malformed();
        if (misfits != 0 && misfit == Misfit::kRefuse) {
            return Error{ErrorKind::kCorrupt, "a catalog record contradicts those before it"};
        }
        skipped_ += misfits;
    }
    recording_ = true;
    selected_policy_ = nullptr;
    return {};
}

// Together, because each alone costs time by the groups that the policy has.
std::uint64_t CatalogDraft::apply_groups(ByteReader& in, bool& well_formed) {
    std::string_view database;
    std::string_view policy;
    std::vector<model::ShardSlot> groups;
    for (ByteReader next = in;;) {
        const std::string_view its_database = next.read_text();
        const std::string_view its_policy = next.read_text();
        model::ShardSlot group;
        group.group = next.read_varint();
        group.range.begin = next.read<model::Timestamp>();
        group.range.end = next.read<model::Timestamp>();
        if (!next.ok()) {
            well_formed = false;
            return 0;
        }
        if (groups.empty()) {
            database = its_database;
            policy = its_policy;
        } else if (its_database != database || its_policy != policy) {
            break;
        }
        groups.push_back(group);
        in = next;
        if (next.remaining() == 0) break;
        if (next.read<std::uint8_t>() != static_cast<std::uint8_t>(CatalogOp::kAddGroup)) break;
    }
    if (groups.size() > 1 && add_groups(database, policy, groups)) return 0;
    std::uint64_t misfits = 0;
    for (const model::ShardSlot& each : groups) {
        if (!add_group(database, policy, each.group, each.range)) ++misfits;
    }
    return misfits;
}

// `well_formed` says whether the bytes make sense by themselves, the result whether the operation
// fits what is there.
bool CatalogDraft::apply_one(CatalogOp op, ByteReader& in, bool& well_formed) {
    // Fields are read in order and only then used: a short record must not be carried out.
    std::string_view database;
    std::string_view policy;
    const auto read_place = [&] {
        database = in.read_text();
        policy = in.read_text();
    };
    switch (op) {
        case CatalogOp::kCreateDatabase:
            read_place();
            return in.ok() && create_database(database, policy);
        case CatalogOp::kDropDatabase:
            database = in.read_text();
            return in.ok() && drop_database(database);
        case CatalogOp::kPutPolicy: {
            read_place();
            const auto duration = static_cast<std::int64_t>(in.read_varint());
            const auto group_duration = static_cast<std::int64_t>(in.read_varint());
            const std::uint64_t replica_n = in.read_varint();
            const auto make_default = in.read<std::uint8_t>();
            well_formed = replica_n <= 0x7FFFFFFF && make_default <= 1;
            return in.ok() && well_formed &&
                   put_policy(database, policy, duration, group_duration,
                              static_cast<std::uint32_t>(replica_n), make_default != 0);
        }
        case CatalogOp::kLimitWrites: {
            read_place();
            model::WriteLimits limits;
            limits.past_ns = static_cast<std::int64_t>(in.read_varint());
            limits.future_ns = static_cast<std::int64_t>(in.read_varint());
            return in.ok() && limit_writes(database, policy, limits);
        }
        case CatalogOp::kDropPolicy:
            read_place();
            return in.ok() && drop_policy(database, policy);
        case CatalogOp::kAddGroup:
            return false;  // apply_groups() has them
        case CatalogOp::kRemoveGroup:
        case CatalogOp::kSelectGroup: {
            read_place();
            const model::ShardGroupId id = in.read_varint();
            const auto begin = in.read<model::Timestamp>();
            if (!in.ok()) return false;
            if (op == CatalogOp::kRemoveGroup) return remove_group(database, policy, id, begin);
            selected_policy_ = nullptr;  // what follows must not land in another group
            return select_group(database, policy, id, begin);
        }
        case CatalogOp::kAddFields: {
            const std::string_view measurement = in.read_text();
            std::vector<Field> fields;
            well_formed = read_fields(in, fields);
            return well_formed && add_fields(measurement, fields);
        }
        case CatalogOp::kCopyFields: {
            const std::string_view measurement = in.read_text();
            return in.ok() && copy_fields(measurement);
        }
        case CatalogOp::kDoomGroups:
        case CatalogOp::kForgetDoomed: {
            std::vector<model::ShardGroupId> groups;
            well_formed = read_numbers(in, groups);
            if (!well_formed) return false;
            op == CatalogOp::kDoomGroups ? doom_groups(groups) : forget_doomed(groups);
            return true;
        }
        case CatalogOp::kAddTombstone:
        case CatalogOp::kAddPolicyTombstone: {
            database = in.read_text();
            model::Tombstone tombstone;
            if (op == CatalogOp::kAddPolicyTombstone) tombstone.policy = in.read_text();
            const bool names_policy = op == CatalogOp::kAddTombstone || !tombstone.policy.empty();
            well_formed = in.ok() && names_policy && model::Tombstone::read(in, tombstone);
            return well_formed && add_tombstone(database, std::move(tombstone));
        }
        case CatalogOp::kForgetTombstones: {
            std::vector<std::uint64_t> sequences;
            well_formed = read_numbers(in, sequences);
            if (well_formed) forget_tombstones(sequences);
            return well_formed;
        }
        case CatalogOp::kNoteDeletes: {
            database = in.read_text();
            const std::uint64_t sequence = in.read_varint();
            return in.ok() && note_deletes(database, sequence);
        }
        case CatalogOp::kRemoveMeasurement: {
            database = in.read_text();
            const std::string_view measurement = in.read_text();
            return in.ok() && remove_measurement(database, measurement);
        }
        case CatalogOp::kRaiseGroupId: {
            const model::ShardGroupId id = in.read_varint();
            if (in.ok()) raise_group_id(id);
            return in.ok();
        }
        case CatalogOp::kCreateUser:
        case CatalogOp::kDropUser:
        case CatalogOp::kSetPassword:
        case CatalogOp::kSetAdmin:
        case CatalogOp::kSetPrivilege:
            return apply_user(op, in, well_formed);
        case CatalogOp::kCreateContinuousQuery:
        case CatalogOp::kDropContinuousQuery:
        case CatalogOp::kCreateSubscription:
        case CatalogOp::kDropSubscription:
            return apply_service(op, in, well_formed);
        case CatalogOp::kCreateToken:
        case CatalogOp::kAlterToken:
        case CatalogOp::kDropToken:
        case CatalogOp::kDescribeBucket:
        case CatalogOp::kNameOrganization:
            return apply_token(op, in, well_formed);
    }
    return false;
}

bool CatalogDraft::apply_user(CatalogOp op, ByteReader& in, bool& well_formed) {
    const std::string_view user = in.read_text();
    switch (op) {
        case CatalogOp::kCreateUser: {
            const std::string_view hash = in.read_text();
            const auto is_admin = in.read<std::uint8_t>();
            well_formed = is_admin <= 1;
            return in.ok() && well_formed && create_user(user, hash, is_admin != 0);
        }
        case CatalogOp::kDropUser:
            return in.ok() && drop_user(user);
        case CatalogOp::kSetPassword: {
            const std::string_view hash = in.read_text();
            return in.ok() && set_password(user, hash);
        }
        case CatalogOp::kSetAdmin: {
            const auto is_admin = in.read<std::uint8_t>();
            well_formed = is_admin <= 1;
            return in.ok() && well_formed && set_admin(user, is_admin != 0);
        }
        default: {
            const std::string_view database = in.read_text();
            const auto privilege = in.read<std::uint8_t>();
            well_formed = privilege <= static_cast<std::uint8_t>(Privilege::kAll);
            return in.ok() && well_formed &&
                   set_privilege(user, database, static_cast<Privilege>(privilege));
        }
    }
}

bool CatalogDraft::apply_service(CatalogOp op, ByteReader& in, bool& well_formed) {
    const std::string_view database = in.read_text();
    const std::string_view second = in.read_text();
    switch (op) {
        case CatalogOp::kCreateContinuousQuery: {
            const std::string_view text = in.read_text();
            return in.ok() && create_continuous_query(database, second, text);
        }
        case CatalogOp::kDropContinuousQuery:
            return in.ok() && drop_continuous_query(database, second);
        case CatalogOp::kCreateSubscription: {
            Subscription subscription;
            well_formed = read_subscription(in, subscription);
            return well_formed && create_subscription(database, second, std::move(subscription));
        }
        default: {
            const std::string_view name = in.read_text();
            return in.ok() && drop_subscription(database, second, name);
        }
    }
}

}  // namespace sluice::meta
