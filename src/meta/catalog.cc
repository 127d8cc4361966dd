#include "sluice/meta/catalog.h"

#include <algorithm>

#include "sluice/base/bytes.h"
#include "sluice/base/check.h"
#include "sluice/base/hash.h"

namespace sluice::meta {
namespace {

// Below this many fields a scan over the names beats a hash.
constexpr std::size_t kIndexedFieldsMin = 12;
constexpr std::uint32_t kEmptySlot = ~std::uint32_t{0};

}  // namespace

MeasurementSchema::MeasurementSchema(const MeasurementSchema& other) = default;

const Field* MeasurementSchema::find_field(std::string_view field) const {
    if (slots_.empty()) {
        for (const Field& each : fields_) {
            if (each.name == field) return &each;
        }
        return nullptr;
    }
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = hash_bytes(field) & mask;
    for (; slots_[slot] != kEmptySlot; slot = (slot + 1) & mask) {
        const Field& each = fields_[slots_[slot]];
        if (each.name == field) return &each;
    }
    return nullptr;
}

// The table is at most half full, so a search ends after a few slots. Its entries are positions,
// because the list of fields moves when it grows.
void MeasurementSchema::add_field(Field field) {
    fields_.push_back(std::move(field));
    if (fields_.size() < kIndexedFieldsMin) return;
    if (fields_.size() * 2 > slots_.size()) {
        slots_.assign(std::max<std::size_t>(slots_.size() * 2, 4 * kIndexedFieldsMin), kEmptySlot);
        slots_.resize(std::bit_ceil(slots_.size()), kEmptySlot);
        for (std::uint32_t i = 0; i + 1 < fields_.size(); ++i) index_field(i);
    }
    index_field(static_cast<std::uint32_t>(fields_.size() - 1));
}

void MeasurementSchema::index_field(std::uint32_t position) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = hash_bytes(fields_[position].name) & mask;
    while (slots_[slot] != kEmptySlot) slot = (slot + 1) & mask;
    SLUICE_CHECK(fields_.size() < slots_.size());  // or a search for a new name had no end
    slots_[slot] = position;
}

// Groups do not overlap and are sorted, so the last one that begins at or before `t` is the only
// one that can hold it.
std::size_t RetentionPolicy::group_index_at(model::Timestamp t) const {
    const auto after = std::upper_bound(shard_slots.begin(), shard_slots.end(), t,
                                        [](model::Timestamp time, const model::ShardSlot& slot) {
                                            return time < slot.range.begin;
                                        });
    if (after == shard_slots.begin() || !std::prev(after)->range.contains(t)) return kNoGroup;
    return static_cast<std::size_t>(after - shard_slots.begin()) - 1;
}

const ShardGroup* RetentionPolicy::group_at(model::Timestamp t) const {
    const std::size_t index = group_index_at(t);
    return index == kNoGroup ? nullptr : shard_groups[index].get();
}

model::Timestamp RetentionPolicy::time_min(model::Timestamp now) const {
    if (duration_ns == 0 || now < model::kTimestampMin + duration_ns) return model::kTimestampMin;
    return now - duration_ns;
}

const RetentionPolicy* Database::find_policy(std::string_view policy) const {
    const std::string_view wanted = policy.empty() ? default_retention_policy : policy;
    for (const auto& each : retention_policies) {
        if (each->name == wanted) return each.get();
    }
    return nullptr;
}

const Database* Catalog::find_database(std::string_view name) const {
    const auto found = std::lower_bound(databases_by_name.begin(), databases_by_name.end(), name,
                                        [this](std::uint32_t index, std::string_view wanted) {
                                            return databases[index]->name < wanted;
                                        });
    if (found == databases_by_name.end() || databases[*found]->name != name) return nullptr;
    return databases[*found].get();
}

const User* Catalog::find_user(std::string_view name) const {
    for (const auto& user : users) {
        if (user->name == name) return user.get();
    }
    return nullptr;
}

std::uint64_t token_prefix(std::string_view code) {
    return load_le<std::uint64_t>(as_byte_span(code).data());
}

const Token* Catalog::find_token(std::uint64_t id) const {
    const auto found =
        std::ranges::lower_bound(tokens, id, {}, [](const auto& each) { return each->id; });
    return found == tokens.end() || (*found)->id != id ? nullptr : found->get();
}

const Token* Catalog::find_token_of_code(std::string_view code) const {
    if (code.size() != kTokenCodeBytes) return nullptr;
    const std::uint64_t prefix = token_prefix(code);
    auto at = std::ranges::lower_bound(tokens_by_code, prefix, {}, &TokenPlace::prefix);
    for (; at != tokens_by_code.end() && at->prefix == prefix; ++at) {
        const Token* const token = find_token(at->id);
        if (token != nullptr && token->code == code) return token;
    }
    return nullptr;
}

}  // namespace sluice::meta
