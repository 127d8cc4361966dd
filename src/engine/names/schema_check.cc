#include "engine/names/schema_check.h"

#include <algorithm>
#include <bit>
#include <map>
#include <optional>
#include <utility>

#include "sluice/base/check.h"
#include "sluice/base/hash.h"
#include "sluice/base/place_table.h"

namespace sluice::engine {
namespace {

// Measurements that share an entry cost a lookup each. So there are several times as many as a
// batch has tables, up to a bound of some megabytes.
constexpr std::size_t kEntriesMin = 4096;
constexpr std::size_t kEntriesMax = 32 * 1024;
constexpr std::size_t kEntriesPerTable = 8;
// How far ahead of the loop an entry is brought into the cache of the CPU.
constexpr std::size_t kEntriesAhead = 8;
// Of rows that are refused because there is no memory for their measurement.
constexpr std::size_t kRefusalsTold = 100;

// A TableCheck goes through the rows of one table, and remembers what it knows of each column.
struct ColumnState {
    bool has_values = false;
    // The type the field has in the shard group; nothing: the field is new.
    std::optional<model::FieldType> existing;
    // Columns of new fields: the first column of the same name, for fields of two types.
    std::uint32_t first_of_name = 0;
};

class TableCheck {
public:
    TableCheck(const model::BatchTable& table, const meta::MeasurementSchema* schema,
               std::string_view measurement, std::uint64_t fields_max)
        : table_(table),
          measurement_(measurement),
          fields_max_(fields_max),
          fields_(schema == nullptr ? 0 : schema->fields().size()),
          states_(table.column_count) {
        PlaceTable new_fields;  // columns by name
        for (std::uint32_t i = 0; i < table.column_count; ++i) {
            const model::BatchColumn& column = table.columns[i];
            ColumnState& state = states_[i];
            state.has_values = column.has_values();
            state.first_of_name = i;
            const meta::Field* field =
                schema == nullptr ? nullptr : schema->find_field(column.name);
            if (field != nullptr) {
                state.existing = field->type;
                conflicts_ |= state.has_values && field->type != column.type;
                hollow_ |= !state.has_values;
                continue;
            }
            if (!state.has_values) {
                hollow_ = true;
                continue;
            }
            const std::uint64_t hash = hash_bytes(column.name);
            const std::uint32_t first = new_fields.find(hash, [&](std::uint32_t place) {
                return table.columns[place].name == column.name;
            });
            if (first == PlaceTable::kNone) {
                new_fields.add(hash, i);
                continue;
            }
            state.first_of_name = first;
            conflicts_ = true;
        }
        exceeds_ =
            fields_max_ != 0 && new_fields.size() != 0 && fields_ + new_fields.size() > fields_max_;
    }

    // Goes through the rows where that is needed. `drop` stays empty when all rows fit.
    void run(std::vector<bool>& drop, std::vector<model::Rejection>& rejections) {
        wanted_.assign(states_.size(), false);
        for (std::size_t i = 0; i < states_.size(); ++i) {
            wanted_[i] =
                !goes_by_row() && states_[i].has_values && !states_[i].existing.has_value();
        }
        if (!goes_by_row()) return;
        chosen_.assign(states_.size(), std::nullopt);
        chosen_in_row_.assign(states_.size(), std::nullopt);
        for (std::uint32_t row = 0; row < table_.rows(); ++row) {
            if (row_fits(row, rejections)) continue;
            if (drop.empty()) drop.resize(table_.rows());
            drop[row] = true;
        }
    }

    bool has_hollow_columns() const { return hollow_; }

    std::vector<meta::Field> new_fields() const {
        std::vector<meta::Field> fields;
        for (std::uint32_t i = 0; i < states_.size(); ++i) {
            if (wanted_[i]) fields.push_back({table_.columns[i].name, table_.columns[i].type});
        }
        return fields;
    }

private:
    bool goes_by_row() const { return conflicts_ || exceeds_; }

    bool row_fits(std::uint32_t row, std::vector<model::Rejection>& rejections) {
        const std::optional<model::Rejection> refused = look_at(row);
        for (const std::uint32_t i : row_columns_) chosen_in_row_[states_[i].first_of_name].reset();
        if (refused) {
            rejections.push_back(*refused);
            return false;
        }
        for (const std::uint32_t i : row_columns_) {
            std::optional<model::FieldType>& chosen = chosen_[states_[i].first_of_name];
            if (!chosen) ++fields_;
            chosen = table_.columns[i].type;
            wanted_[i] = true;
        }
        return true;
    }

    // Leaves the columns of new fields in row_columns_, and their types in chosen_in_row_.
    std::optional<model::Rejection> look_at(std::uint32_t row) {
        row_columns_.clear();
        std::uint64_t added = 0;
        for (std::uint32_t i = 0; i < states_.size(); ++i) {
            const ColumnState& state = states_[i];
            if (!state.has_values || !table_.columns[i].is_valid(row)) continue;
            const model::FieldType type = table_.columns[i].type;
            const std::optional<model::FieldType> existing = existing_type(i);
            if (existing.has_value() && *existing != type) {
                return model::Rejection{
                    model::RejectReason::kTypeConflict, table_.lines[row],
                    type_conflict_text(table_.columns[i].name, measurement_, type, *existing)};
            }
            if (state.existing.has_value()) continue;
            row_columns_.push_back(i);
            if (!existing) ++added;
            chosen_in_row_[state.first_of_name] = type;
        }
        if (!exceeds_ || added == 0 || fields_ + added <= fields_max_) return std::nullopt;
        return model::Rejection{model::RejectReason::kLimit, table_.lines[row],
                                too_many_fields_text(measurement_, fields_max_)};
    }

    // In the catalog, by an earlier row, or by another column of the same row.
    std::optional<model::FieldType> existing_type(std::uint32_t column) const {
        const ColumnState& state = states_[column];
        if (state.existing.has_value()) return state.existing;
        if (chosen_[state.first_of_name].has_value()) return chosen_[state.first_of_name];
        return chosen_in_row_[state.first_of_name];
    }

    const model::BatchTable& table_;
    std::string_view measurement_;
    const std::uint64_t fields_max_;
    std::uint64_t fields_;  // of the measurement, with those of the rows that stay
    std::vector<ColumnState> states_;
    bool conflicts_ = false;
    bool exceeds_ = false;  // not all new fields have room
    bool hollow_ = false;
    // By column: a row that stays defines this field.
    std::vector<bool> wanted_;
    // By first column of a name: the type of a new field, once a row has chosen it.
    std::vector<std::optional<model::FieldType>> chosen_;
    std::vector<std::optional<model::FieldType>> chosen_in_row_;
    std::vector<std::uint32_t> row_columns_;
};

// Places in `missing` by the begin and end of their shard groups.
using PlacesByRange = std::map<std::pair<model::Timestamp, model::Timestamp>, std::size_t>;

// The entry of `missing` for the table's shard group.
meta::GroupWanted& wanted_group(std::vector<meta::GroupWanted>& missing, PlacesByRange& places,
                                const model::BatchTable& table) {
    const std::pair range(table.shard.range.begin, table.shard.range.end);
    const auto [place, is_new] = places.try_emplace(range, missing.size());
    if (is_new) missing.push_back({table.shard.group, table.times[0], {}});
    return missing[place->second];
}

}  // namespace

std::string type_conflict_text(std::string_view field, std::string_view measurement,
                               model::FieldType input, model::FieldType existing) {
    std::string text = "field type conflict: input field \"";
    text += field;
    text += "\" on measurement \"";
    text += measurement;
    text += "\" is type ";
    text += model::field_type_name(input);
    text += ", already exists as type ";
    text += model::field_type_name(existing);
    return text;
}

std::string too_many_fields_text(std::string_view measurement, std::uint64_t fields_max) {
    return "max-fields-per-measurement limit exceeded (" + std::to_string(fields_max) +
           "): measurement=\"" + std::string(measurement) + "\" dropped";
}

SchemaChecker::SchemaChecker(std::uint64_t names_bytes_max)
    : names_(names_bytes_max), entries_(kEntriesMin) {}

void SchemaChecker::refuse_table(const model::BatchTable& table, std::size_t number,
                                 std::string_view measurement, SchemaFindings& findings) {
    findings.drops.push_back({number, std::vector<bool>(table.rows(), true)});
    for (std::uint32_t row = 0; row < table.rows(); ++row) {
        if (findings.rejections.size() >= kRefusalsTold) {
            ++findings.rejected_untold;
            continue;
        }
        findings.rejections.push_back(
            {model::RejectReason::kLimit, table.lines[row], no_room_for_names_text(measurement)});
    }
}

void SchemaChecker::grow_for(std::size_t tables) {
    const std::size_t wanted = std::min(tables * kEntriesPerTable, kEntriesMax);
    if (entries_.size() >= wanted) return;
    entries_ = std::vector<Entry>(std::bit_ceil(wanted));
}

SchemaChecker::Entry& SchemaChecker::entry_of(const model::BatchTable& table) {
    const std::uint64_t mixed = (table.measurement + table.shard.group * 31) * 0x9E3779B97F4A7C15;
    return entries_[(mixed >> 32) & (entries_.size() - 1)];
}

bool SchemaChecker::is_about(const Entry& entry, std::uint64_t removals, std::uint64_t head_id,
                             const model::BatchTable& table) {
    return entry.group == table.shard.group && entry.measurement == table.measurement &&
           entry.head_id == head_id && entry.removals == removals && entry.group != 0;
}

bool SchemaChecker::has_columns(const Entry& entry, const model::BatchTable& table) {
    if (entry.columns.size() < table.column_count) return false;
    for (std::uint32_t i = 0; i < table.column_count; ++i) {
        const meta::Field& field = *entry.columns[i];
        if (field.type != table.columns[i].type || field.name != table.columns[i].name) {
            return false;
        }
    }
    return true;
}

bool SchemaChecker::learn_columns(Entry& entry, const model::BatchTable& table) {
    SLUICE_CHECK(entry.schema != nullptr);
    entry.columns.clear();
    for (std::uint32_t i = 0; i < table.column_count; ++i) {
        const meta::Field* field = entry.schema->find_field(table.columns[i].name);
        if (field == nullptr || field->type != table.columns[i].type) return false;
        entry.columns.push_back(field);
    }
    return true;
}

// Goes table by table. The usual case is decided by the entry of the table alone: it remembers the
// fields of its columns, and is valid as long as the head is the same and nothing was removed from
// the catalog; fields that were added meanwhile do no harm, since types never change. Otherwise the
// schema is looked up, and only if a column is new or of another type are the rows looked at one by
// one (TableCheck), because InfluxDB decides by row which type is first.
void SchemaChecker::check(const meta::Catalog& catalog, const meta::RetentionPolicy& policy,
                          std::uint64_t head_id, const model::SeriesIndex& index,
                          const model::PointBatch& batch, SchemaFindings& findings) {
    PlacesByRange places;
    std::optional<std::uint64_t> names_left;  // counted where a name may be new
    grow_for(batch.table_count());
    for (std::size_t t = 0; t < batch.table_count(); ++t) {
        batch.fetch_ahead(t);
        if (t + kEntriesAhead < batch.table_count()) {
            __builtin_prefetch(&entry_of(batch.table_at(t + kEntriesAhead)));
        }
        const model::BatchTable& table = batch.table_at(t);
        // The first row says which shard group is wanted.
        SLUICE_CHECK(table.rows() != 0);
        Entry& entry = entry_of(table);
        if (is_about(entry, catalog.removals, head_id, table) &&
            (has_columns(entry, table) || learn_columns(entry, table))) {
            continue;
        }
        const meta::ShardGroup* group = policy.find_group(table.shard.group, table.shard.range);
        if (group == nullptr && table.shard.group != 0) {
            findings.stale = true;
            return;
        }
        const std::string_view name = index.measurement_name(table.measurement);
        const std::shared_ptr<const meta::MeasurementSchema>* schema =
            group == nullptr ? nullptr : group->measurements.find_shared(name);
        if (schema != nullptr) {
            entry.schema = *schema;
            entry.removals = catalog.removals;
            entry.head_id = head_id;
            entry.group = table.shard.group;
            entry.measurement = table.measurement;
            if (learn_columns(entry, table)) continue;
        }
        if (schema == nullptr) {
            const std::uint64_t bytes = NameBudget::bytes_of(name, table.column_count);
            if (!names_left) names_left = names_.left(catalog);
            if (bytes > *names_left && !NameBudget::is_known(policy, name)) {
                refuse_table(table, t, name, findings);
                continue;
            }
            *names_left -= std::min(bytes, *names_left);
        }
        TableCheck check(table, schema == nullptr ? nullptr : schema->get(), name, fields_max_);
        SchemaFindings::Drop drop{t, {}};
        check.run(drop.rows, findings.rejections);
        if (!drop.rows.empty()) findings.drops.push_back(std::move(drop));
        if (check.has_hollow_columns()) findings.hollow_tables.push_back(t);
        std::vector<meta::Field> fields = check.new_fields();
        if (group != nullptr && fields.empty()) continue;
        meta::GroupWanted& wanted = wanted_group(findings.missing, places, table);
        if (!fields.empty()) {
            wanted.measurements.push_back({std::string(name), std::move(fields)});
        }
    }
    std::stable_sort(findings.rejections.begin(), findings.rejections.end(),
                     [](const auto& a, const auto& b) { return a.line < b.line; });
}

void SchemaChecker::apply(const SchemaFindings& findings, model::PointBatch& batch) {
    for (const SchemaFindings::Drop& drop : findings.drops) {
        model::BatchTable& table = batch.table_at(drop.table);
        SLUICE_CHECK(drop.rows.size() == table.rows());
        table.drop_rows(drop.rows);
        table.remove_empty_columns();
    }
    for (const std::size_t table : findings.hollow_tables) {
        batch.table_at(table).remove_empty_columns();
    }
    if (!findings.drops.empty()) batch.remove_empty_tables();
}

}  // namespace sluice::engine
