// A SchemaChecker finds out whether the columns of a batch fit the catalog: what must be made
// first, and which rows must go.
//
// A field's type is fixed per measurement within a shard group. Rows are taken in the order of the
// request: the first type of a new field wins, a row that conflicts is dropped whole and defines
// nothing (InfluxDB 1.6.7, measured). Neither does a row with too many new fields.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/names/name_budget.h"
#include "sluice/meta/catalog.h"
#include "sluice/meta/catalog_editor.h"
#include "sluice/model/point_batch.h"
#include "sluice/model/rejection.h"
#include "sluice/model/series_index.h"

namespace sluice::engine {

// Returns InfluxDB's sentence for a conflict: `field type conflict: input field "v" on measurement
// "m" is type integer, already exists as type float`.
std::string type_conflict_text(std::string_view field, std::string_view measurement,
                               model::FieldType input, model::FieldType existing);

// The findings on one batch. Reused: clear() keeps memory.
struct SchemaFindings {
    struct Drop {
        std::size_t table = 0;
        std::vector<bool> rows;
    };
    // The names that the catalog lacks. If there are any, nothing else counts yet.
    std::vector<meta::GroupWanted> missing;
    std::vector<Drop> drops;
    // Tables with columns that hold no value (their lines were refused): those go too.
    std::vector<std::size_t> hollow_tables;
    // A table's shard group is not in the catalog any more: parse again.
    bool stale = false;
    // The rejections, in the order of lines, without a bound on their text.
    std::vector<model::Rejection> rejections;
    // Rows that are dropped beside these, of measurements beyond the memory for names: a body may
    // have hundreds of thousands, and the first few tell.
    std::uint64_t rejected_untold = 0;

    void clear() {
        missing.clear();
        drops.clear();
        hollow_tables.clear();
        stale = false;
        rejections.clear();
        rejected_untold = 0;
    }
};

// Returns the sentence for a row whose new fields would be too many for its measurement.
std::string too_many_fields_text(std::string_view measurement, std::uint64_t fields_max);

// Remembers what it has checked: the same columns again cost a few nanoseconds each. Positive
// answers stay true when the catalog grows, and are forgotten when something is taken away from it.
// One core.
class SchemaChecker {
public:
    // `names_bytes_max` bounds what all measurements take (name_budget.h); 0 is without a bound.
    explicit SchemaChecker(std::uint64_t names_bytes_max = 0);

    // Bounds the fields of a measurement in a shard group, for the checks from here on; 0 is
    // without a bound. A scan of all fields, and every list of them, takes time and memory by their
    // number, and one client can make a million of them in a few requests.
    void set_fields_max(std::uint64_t count) { fields_max_ = count; }

    // `batch` was parsed against `index`, which belongs to the head `head_id`, and has no empty
    // tables. `policy` is of `catalog`.
    void check(const meta::Catalog& catalog, const meta::RetentionPolicy& policy,
               std::uint64_t head_id, const model::SeriesIndex& index,
               const model::PointBatch& batch, SchemaFindings& findings);

    // Whether there is no room at all for further measurements.
    bool has_no_room(const meta::Catalog& catalog) { return names_.left(catalog) == 0; }

    // Carries the findings out: rows, columns and tables that have nothing left are gone
    // afterwards.
    static void apply(const SchemaFindings& findings, model::PointBatch& batch);

private:
    // What is known of the columns of one measurement in one shard group. Numbers of measurements
    // belong to a head, and schemas may lose fields with a delete, so head and removals are part of
    // the key.
    struct Entry {
        std::uint64_t head_id = 0;
        std::uint64_t removals = 0;
        model::ShardGroupId group = 0;
        model::MeasurementId measurement = 0;
        std::shared_ptr<const meta::MeasurementSchema> schema;
        std::vector<const meta::Field*> columns;  // of `schema`
    };

    Entry& entry_of(const model::BatchTable& table);
    // Returns whether the entry is about this table's measurement and group.
    static bool is_about(const Entry& entry, std::uint64_t removals, std::uint64_t head_id,
                         const model::BatchTable& table);
    static bool has_columns(const Entry& entry, const model::BatchTable& table);
    // Looks the columns up in the entry's schema and remembers them if they all fit.
    static bool learn_columns(Entry& entry, const model::BatchTable& table);

    // Makes room for batches of so many tables.
    void grow_for(std::size_t tables);

    // Refuses all rows of the table.
    static void refuse_table(const model::BatchTable& table, std::size_t number,
                             std::string_view measurement, SchemaFindings& findings);

    std::uint64_t fields_max_ = 0;
    NameBudget names_;
    // Direct-mapped; their number is a power of two.
    std::vector<Entry> entries_;
};

}  // namespace sluice::engine
