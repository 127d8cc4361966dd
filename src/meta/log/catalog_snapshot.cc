#include "meta/log/catalog_snapshot.h"

#include <algorithm>

#include "meta/draft/catalog_draft.h"

namespace sluice::meta {
namespace {

// Groups that follow each other mostly have the same fields, and then often the same object: the
// address tells that at once.
bool is_same(const MeasurementSchema* before, const MeasurementSchema& schema) {
    return before == &schema ||
           (before != nullptr && std::ranges::equal(before->fields(), schema.fields()));
}

}  // namespace

CatalogSnapshotEncoder::CatalogSnapshotEncoder(const Catalog& catalog, std::uint64_t generation,
                                               std::uint64_t sequence)
    : catalog_(catalog), generation_(generation), sequence_(sequence) {}

// One frame a call, so that a catalog of a million fields is written in pieces between which the
// core serves others. The catalog is a snapshot in memory and cannot change meanwhile.
bool CatalogSnapshotEncoder::next(ByteWriter& out) {
    if (ended_) return false;
    payload_.clear();
    if (!names_done_) {
        encode_names();
        names_done_ = true;
    } else if (next_place_ < places_.size()) {
        encode_groups();
    } else {
        payload_.write_varint(parts_);
        append_frame(out, CatalogFrameKind::kSnapshotEnd, generation_, sequence_, payload_.span());
        ended_ = true;
        return true;
    }
    append_frame(out, CatalogFrameKind::kSnapshotPart, generation_, sequence_, payload_.span());
    ++parts_;
    return true;
}

// Everything but the shard groups: small.
// Operations come in an order in which each finds what it is about: the database before its
// policies, users before their privileges and tokens. A snapshot is thus read by the code that
// reads the log.
void CatalogSnapshotEncoder::encode_names() {
    begin_op(CatalogOp::kRaiseGroupId);
    payload_.write_varint(catalog_.last_group_id);
    begin_op(CatalogOp::kDoomGroups);
    payload_.write_varint(catalog_.doomed_groups.size());
    for (const model::ShardGroupId id : catalog_.doomed_groups) payload_.write_varint(id);
    for (const auto& database : catalog_.databases) {
        begin_op(CatalogOp::kCreateDatabase);
        payload_.write_text(database->name);
        payload_.write_text(database->default_retention_policy);
        encode_deletes(*database);
        for (const auto& policy : database->retention_policies) {
            encode_policy(*database, *policy);
            for (std::size_t i = 0; i < policy->shard_groups.size(); ++i) {
                places_.push_back({database.get(), policy.get(), i});
            }
        }
        for (const auto& query : database->continuous_queries) {
            begin_op(CatalogOp::kCreateContinuousQuery);
            payload_.write_text(database->name);
            payload_.write_text(query->name);
            payload_.write_text(query->text);
        }
    }
    encode_users();
    encode_tokens();
}

// Whether a policy is the default is said by its database, which may name one that is gone.
void CatalogSnapshotEncoder::encode_policy(const Database& database,
                                           const RetentionPolicy& policy) {
    begin_op(CatalogOp::kPutPolicy);
    payload_.write_text(database.name);
    payload_.write_text(policy.name);
    payload_.write_varint(static_cast<std::uint64_t>(policy.duration_ns));
    payload_.write_varint(static_cast<std::uint64_t>(policy.shard_group_duration_ns));
    payload_.write_varint(policy.replica_n);
    payload_.write(std::uint8_t{0});
    if (policy.write_limits.any()) {
        begin_op(CatalogOp::kLimitWrites);
        payload_.write_text(database.name);
        payload_.write_text(policy.name);
        payload_.write_varint(static_cast<std::uint64_t>(policy.write_limits.past_ns));
        payload_.write_varint(static_cast<std::uint64_t>(policy.write_limits.future_ns));
    }
    const BucketFacts& facts = policy.facts;
    if (facts.created_ns != 0 || facts.updated_ns != 0 || !facts.description.empty()) {
        begin_op(CatalogOp::kDescribeBucket);
        payload_.write_text(database.name);
        payload_.write_text(policy.name);
        payload_.write_text(facts.description);
        payload_.write(facts.created_ns);
        payload_.write(facts.updated_ns);
    }
    for (const auto& subscription : policy.subscriptions) {
        begin_op(CatalogOp::kCreateSubscription);
        payload_.write_text(database.name);
        payload_.write_text(policy.name);
        payload_.write_text(subscription->name);
        payload_.write(static_cast<std::uint8_t>(subscription->mode));
        payload_.write_varint(subscription->destinations.size());
        for (const std::string& each : subscription->destinations) payload_.write_text(each);
    }
}

void CatalogSnapshotEncoder::encode_users() {
    for (const auto& user : catalog_.users) {
        begin_op(CatalogOp::kCreateUser);
        payload_.write_text(user->name);
        payload_.write_text(user->password_hash);
        payload_.write(static_cast<std::uint8_t>(user->is_admin ? 1 : 0));
        for (const DatabasePrivilege& each : user->privileges) {
            begin_op(CatalogOp::kSetPrivilege);
            payload_.write_text(user->name);
            payload_.write_text(each.database);
            payload_.write(static_cast<std::uint8_t>(each.privilege));
        }
    }
}

void CatalogSnapshotEncoder::encode_tokens() {
    for (const auto& token : catalog_.tokens) {
        begin_op(CatalogOp::kCreateToken);
        write_token(payload_, *token);
    }
    const Organization& organization = catalog_.organization;
    if (organization.name.empty()) return;
    begin_op(CatalogOp::kNameOrganization);
    payload_.write_text(organization.name);
    payload_.write_text(organization.description);
    payload_.write(organization.created_ns);
    payload_.write(organization.updated_ns);
}

// The newest sequence is kept beyond the tombstones themselves: it tells that a measurement may be
// without points.
void CatalogSnapshotEncoder::encode_deletes(const Database& database) {
    for (const auto& each : database.tombstones) write_tombstone(payload_, database.name, *each);
    if (database.last_delete == 0) return;
    begin_op(CatalogOp::kNoteDeletes);
    payload_.write_text(database.name);
    payload_.write_varint(database.last_delete);
}

// A part may end within a group, between two of its measurements. The next part then selects the
// group again.
void CatalogSnapshotEncoder::encode_groups() {
    while (next_place_ < places_.size() && !part_is_full()) {
        encode_group(places_[next_place_]);
        if (next_measurement_ < measurements_.size()) return;
        place_begun_ = false;
        ++next_place_;
    }
}

void CatalogSnapshotEncoder::encode_group(const Place& place) {
    const ShardGroup& group = *place.policy->shard_groups[place.group_index];
    if (!place_begun_) {
        place_begun_ = true;
        measurements_.clear();
        group.measurements.for_each(
            [this](const MeasurementSchema& schema) { measurements_.push_back(&schema); });
        // In the order of their names, so that equal catalogs have equal bytes.
        std::sort(measurements_.begin(), measurements_.end(),
                  [](const auto* a, const auto* b) { return a->name < b->name; });
        next_measurement_ = 0;
        begin_op(CatalogOp::kAddGroup);
        payload_.write_text(place.database->name);
        payload_.write_text(place.policy->name);
        payload_.write_varint(group.id);
        payload_.write(group.range.begin);
        payload_.write(group.range.end);
    } else {
        select(place, group);
    }
    const ShardGroup* before =
        place.group_index == 0 ? nullptr : place.policy->shard_groups[place.group_index - 1].get();
    for (; next_measurement_ < measurements_.size() && !part_is_full(); ++next_measurement_) {
        const MeasurementSchema& schema = *measurements_[next_measurement_];
        if (before != nullptr && is_same(before->measurements.find(schema.name), schema)) {
            begin_op(CatalogOp::kCopyFields);
            payload_.write_text(schema.name);
            continue;
        }
        begin_op(CatalogOp::kAddFields);
        payload_.write_text(schema.name);
        payload_.write_varint(schema.fields().size());
        for (const Field& field : schema.fields()) {
            payload_.write(static_cast<std::uint8_t>(field.type));
            payload_.write_text(field.name);
        }
    }
}

void CatalogSnapshotEncoder::select(const Place& place, const ShardGroup& group) {
    begin_op(CatalogOp::kSelectGroup);
    payload_.write_text(place.database->name);
    payload_.write_text(place.policy->name);
    payload_.write_varint(group.id);
    payload_.write(group.range.begin);
}

// The end says how many parts there are. Parts of another sequence would be those of another
// snapshot.
bool is_whole_snapshot(const CatalogFrames& scanned) {
    const auto& frames = scanned.frames;
    if (scanned.damaged_places != 0 || scanned.torn_tail || frames.empty()) return false;
    ByteReader count(frames.back().payload);
    if (frames.back().kind != CatalogFrameKind::kSnapshotEnd ||
        count.read_varint() != frames.size() - 1 || !count.ok()) {
        return false;
    }
    return std::all_of(frames.begin(), frames.end() - 1, [&frames](const CatalogFrame& part) {
        return part.kind == CatalogFrameKind::kSnapshotPart &&
               part.sequence == frames.back().sequence;
    });
}

Result<LoadedSnapshot> load_snapshot(const CatalogFrames& scanned, CatalogDraft& draft) {
    if (scanned.from_later_version) {
        return Error{ErrorKind::kUnsupported, "the catalog was written by a later version"};
    }
    if (!is_whole_snapshot(scanned)) {
        return Error{ErrorKind::kCorrupt, "the catalog snapshot is damaged"};
    }
    for (std::size_t i = 0; i + 1 < scanned.frames.size(); ++i) {
        SLUICE_TRY_VOID(draft.apply(scanned.frames[i].payload, Misfit::kRefuse));
    }
    return LoadedSnapshot{scanned.frames.back().sequence};
}

Result<LoadedSnapshot> load_snapshot(ByteSpan file, std::uint64_t generation, CatalogDraft& draft) {
    return load_snapshot(scan_frames(file, generation), draft);
}

// Each part that is left is applied, whatever its neighbours were. What does not fit without them
// is passed over.
Result<LoadedSnapshot> salvage_snapshot(const CatalogFrames& scanned, CatalogDraft& draft) {
    LoadedSnapshot loaded;
    bool any = false;
    for (const CatalogFrame& part : scanned.frames) {
        loaded.sequence = std::max(loaded.sequence, part.sequence);
        if (part.kind != CatalogFrameKind::kSnapshotPart) continue;
        any = true;
        const Result<void> applied = draft.apply(part.payload, Misfit::kSkip);
        if (!applied.ok() && applied.error().kind != ErrorKind::kCorrupt) return applied.error();
    }
    if (!any) return Error{ErrorKind::kCorrupt, "nothing of the catalog snapshot can be read"};
    return loaded;
}

}  // namespace sluice::meta
