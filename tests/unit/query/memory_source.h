// A DataSource that lies in memory: several cores with one store each, filled point by point.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "query/session/data_source.h"
#include "sluice/base/units.h"
#include "sluice/codec/column_chunk.h"
#include "sluice/model/series_key.h"

namespace sluice::query {

struct MemoryField {
    std::string name;
    model::FieldType type;
    std::uint64_t word = 0;
    std::string text;
};

inline MemoryField float_field(std::string name, double value) {
    std::uint64_t word;
    std::memcpy(&word, &value, 8);
    return {std::move(name), model::FieldType::kFloat, word, {}};
}
inline MemoryField integer_field(std::string name, std::int64_t value) {
    return {std::move(name), model::FieldType::kInteger, static_cast<std::uint64_t>(value), {}};
}
inline MemoryField string_field(std::string name, std::string value) {
    return {std::move(name), model::FieldType::kString, 0, std::move(value)};
}
inline MemoryField boolean_field(std::string name, bool value) {
    return {std::move(name), model::FieldType::kBoolean, value ? 1u : 0u, {}};
}

struct MemoryRow {
    std::uint64_t sequence = 0;
    std::map<std::string, MemoryField> fields;
};
// Group, measurement, series key, time.
using MemoryRows = std::map<model::Timestamp, MemoryRow>;
using MemoryStoreData =
    std::map<model::ShardGroupId, std::map<std::string, std::map<std::string, MemoryRows>>>;

class MemoryReader final : public RunReader {
public:
    MemoryReader(const MemoryStoreData& data, storage::ScanSpec spec) : spec_(std::move(spec)) {
        const auto group = data.find(spec_.group);
        if (group == data.end()) return;
        const auto measurement = group->second.find(spec_.measurement);
        if (measurement == group->second.end()) return;
        for (const auto& [key, rows] : measurement->second) {
            if (spec_.series &&
                !std::binary_search(spec_.series->begin(), spec_.series->end(), key)) {
                continue;
            }
            // Runs of three rows: every answer must be the same however rows are cut.
            std::vector<std::pair<model::Timestamp, const MemoryRow*>> run;
            for (const auto& [time, row] : rows) {
                if (!spec_.range.contains(time)) continue;
                const bool any = std::any_of(
                    spec_.fields.begin(), spec_.fields.end(),
                    [&of = row](const std::string& name) { return of.fields.contains(name); });
                if (!any && !spec_.fields.empty()) continue;
                run.emplace_back(time, &row);
                if (run.size() == 3) runs_.emplace_back(key, std::exchange(run, {}));
            }
            if (!run.empty()) runs_.emplace_back(key, std::move(run));
            leave_rows_out(key);
        }
        if (spec_.statistics_allowed) add_up();
    }

    void expand() override {
        --next_;
        expanding_ = true;
    }

    io::Task<Result<bool>> next(storage::SeriesRun& run) override {
        if (next_ == runs_.size()) co_return false;
        const auto& [key, rows] = runs_[next_++];
        run = storage::SeriesRun();
        run.series_key = key;
        run.rows = rows.size();
        times_.clear();
        sequences_.clear();
        columns_.assign(spec_.fields.size(), {});
        for (const auto& [time, row] : rows) {
            times_.push_back(time);
            sequences_.push_back(row->sequence);
            for (std::size_t i = 0; i < columns_.size(); ++i) {
                Column& column = columns_[i];
                const auto field = row->fields.find(spec_.fields[i]);
                const bool valid = field != row->fields.end();
                column.valid.push_back(valid);
                column.words.push_back(valid ? field->second.word : 0);
                column.flags.push_back(valid && field->second.word != 0 ? 1 : 0);
                column.texts.push_back(valid ? std::string_view(field->second.text)
                                             : std::string_view());
                if (!valid) continue;
                column.any = true;
                column.type = field->second.type;
            }
        }
        run.times = times_;
        run.sequences = sequences_;
        run.time_first = times_.front();
        run.time_last = times_.back();
        for (Column& column : columns_) {
            storage::ColumnView view;
            view.all_null = !column.any;
            view.type = column.type;
            view.words = column.words;
            view.texts = column.texts;
            view.flags = column.flags;
            column.bits = 0;
            bool all = true;
            for (std::size_t r = 0; r < column.valid.size(); ++r) {
                column.bits |= std::uint64_t{column.valid[r] ? 1u : 0u} << r;
                all = all && column.valid[r];
            }
            view.validity = all ? nullptr : &column.bits;
            run.columns.push_back(view);
        }
        if (spec_.statistics_allowed && !expanding_) show_statistics(run);
        expanding_ = false;
        co_return true;
    }

private:
    // Runs at the end that is not wanted go, as blocks of a segment do, where all rows have values.
    void leave_rows_out(const std::string& key) {
        if (spec_.rows_wanted == 0 || spec_.fields.size() != 1) return;
        const std::size_t runs_wanted = static_cast<std::size_t>(spec_.rows_wanted + 2) / 3 + 1;
        std::size_t first = runs_.size();
        while (first > 0 && runs_[first - 1].first == key) --first;
        const std::size_t count = runs_.size() - first;
        if (count <= runs_wanted) return;
        const auto from = runs_.begin() + static_cast<std::ptrdiff_t>(
                                              spec_.latest_wanted ? first : first + runs_wanted);
        runs_.erase(from, from + static_cast<std::ptrdiff_t>(count - runs_wanted));
    }

    // In place of rows, where each has a value or none has.
    void show_statistics(storage::SeriesRun& run) {
        std::vector<storage::ColumnStatistics> statistics;
        run.block = next_ - 1;
        run.sums_go_on = run.block != 0 && runs_[run.block - 1].first == run.series_key;
        for (const storage::ColumnView& column : run.columns) {
            if (!column.all_null && column.validity != nullptr) return;
            storage::ColumnStatistics& each = statistics.emplace_back();
            if (column.all_null) continue;
            codec::ColumnSlice slice;
            slice.type = column.type;
            if (model::is_word_type(column.type)) {
                slice.words = column.words;
            } else if (column.type == model::FieldType::kString) {
                slice.texts = column.texts;
            } else {
                slice.flags = column.flags;
            }
            const auto made =
                codec::column_statistics(slice, static_cast<std::uint32_t>(run.rows),
                                         sums_before_[next_ - 1][statistics.size() - 1]);
            each = {column.type, made.count, made.min, made.max, made.sum, made.first, made.last};
        }
        run.statistics = std::move(statistics);
        run.columns.clear();
        run.times = {};
        run.sequences = {};
    }

    // Of each field, in the runs of the series before each run.
    void add_up() {
        std::vector<double> sums(spec_.fields.size());
        for (std::size_t i = 0; i < runs_.size(); ++i) {
            if (i == 0 || runs_[i - 1].first != runs_[i].first) sums.assign(sums.size(), 0);
            sums_before_.push_back(sums);
            for (std::size_t field = 0; field < sums.size(); ++field) {
                for (const auto& [time, row] : runs_[i].second) {
                    const auto found = row->fields.find(spec_.fields[field]);
                    if (found == row->fields.end()) continue;
                    sums[field] += std::bit_cast<double>(found->second.word);
                }
            }
        }
    }

    struct Column {
        model::FieldType type = model::FieldType::kFloat;
        bool any = false;
        std::uint64_t bits = 0;
        std::vector<bool> valid;
        std::vector<std::uint64_t> words;
        std::vector<std::uint8_t> flags;
        std::vector<std::string_view> texts;
    };
    storage::ScanSpec spec_;
    std::vector<std::pair<std::string, std::vector<std::pair<model::Timestamp, const MemoryRow*>>>>
        runs_;
    std::vector<std::vector<double>> sums_before_;
    std::size_t next_ = 0;
    bool expanding_ = false;
    std::vector<model::Timestamp> times_;
    std::vector<std::uint64_t> sequences_;
    std::vector<Column> columns_;
};

class MemoryStore final : public StoreReader {
public:
    MemoryStoreData data;

    io::Task<Result<bool>> has_series(model::ShardGroupId group, std::string measurement) override {
        co_return data.contains(group) && data[group].contains(measurement);
    }
    io::Task<Result<storage::SeriesList>> list_series(model::ShardGroupId group,
                                                      std::string measurement,
                                                      storage::SeriesSieve* sieve) override {
        storage::SeriesList list;
        if (data.contains(group) && data[group].contains(measurement)) {
            for (const auto& [key, rows] : data[group][measurement]) {
                if (sieve == nullptr || sieve->keeps(key)) list.add(key);
            }
        }
        co_return list;
    }
    std::unique_ptr<RunReader> scan(storage::ScanSpec spec) override {
        return std::make_unique<MemoryReader>(data, std::move(spec));
    }
};

class MemorySource final : public DataSource {
public:
    explicit MemorySource(std::uint32_t cores, std::string database = "d") {
        for (std::uint32_t i = 0; i < cores; ++i)
            stores_.push_back(std::make_unique<MemoryStore>());
        add_database(std::move(database));
    }

    void add_database(std::string name) {
        auto policy = std::make_shared<meta::RetentionPolicy>();
        policy->name = "autogen";
        auto database = std::make_shared<meta::Database>();
        database->name = std::move(name);
        database->default_retention_policy = "autogen";
        database->retention_policies.push_back(policy);
        catalog_->databases.push_back(database);
        index_databases();
    }

    void add_point(std::uint32_t core, const std::string& measurement, std::vector<model::Tag> tags,
                   std::vector<MemoryField> fields, model::Timestamp time) {
        std::sort(tags.begin(), tags.end());
        const model::ShardGroupId group = group_of(time, measurement, fields);
        MemoryRow& row =
            stores_[core]
                ->data[group][measurement][model::make_series_key(measurement, tags)][time];
        row.sequence = ++sequence_;
        for (MemoryField& field : fields) row.fields[field.name] = field;
    }

    std::int64_t now = 1'600'000'000ll * kSecondNs;

    std::shared_ptr<const meta::Catalog> catalog() override { return catalog_; }
    std::int64_t wall_ns() override { return now; }
    std::uint32_t core_count() override { return static_cast<std::uint32_t>(stores_.size()); }
    io::Task<void> breathe() override {
        ++breaths;
        co_return;
    }
    std::uint64_t breaths = 0;
    std::uint64_t breaths_max = UINT64_MAX;  // a query that takes more has been stopped
    Result<void> check_running() override {
        if (breaths <= breaths_max) return {};
        return Error{ErrorKind::kCancelled, "query interrupted"};
    }

    io::Task<Result<void>> run_on_every_core(CoreJob& job) override {
        for (std::uint32_t core = 0; core < stores_.size(); ++core) {
            View view(core, *stores_[core]);
            Result<void> done = co_await job.run(view);
            if (!done.ok()) co_return std::move(done).error();
        }
        co_return Result<void>();
    }

    io::Task<Result<void>> write(std::string, std::string, const TargetRows& rows) override {
        for (std::size_t i = 0; i < rows.rows.size(); ++i) {
            const model::SeriesName name =
                model::parse_series_key(rows.series[rows.rows[i].series]);
            std::vector<MemoryField> fields;
            for (std::size_t k = 0; k < rows.fields.size(); ++k) {
                const Value& value = rows.row(i)[k];
                switch (value.kind()) {
                    case Value::Kind::kFloat:
                        fields.push_back(float_field(rows.fields[k], value.as_float()));
                        break;
                    case Value::Kind::kInteger:
                        fields.push_back(integer_field(rows.fields[k], value.as_integer()));
                        break;
                    case Value::Kind::kString:
                        fields.push_back(
                            string_field(rows.fields[k], std::string(value.as_string())));
                        break;
                    case Value::Kind::kBoolean:
                        fields.push_back(boolean_field(rows.fields[k], value.as_boolean()));
                        break;
                    default:
                        break;
                }
            }
            add_point(0, name.measurement, name.tags, std::move(fields), rows.rows[i].time);
        }
        co_return Result<void>();
    }

    io::Task<Result<void>> create_database(std::string name,
                                           std::optional<meta::RetentionPolicySpec>) override {
        if (catalog_->find_database(name) == nullptr) add_database(std::move(name));
        co_return Result<void>();
    }
    io::Task<Result<void>> drop_database(std::string) override { co_return Result<void>(); }
    io::Task<Result<void>> create_retention_policy(std::string, meta::RetentionPolicySpec,
                                                   bool) override {
        co_return Error{ErrorKind::kConflict, "retention policy already exists"};
    }
    io::Task<Result<void>> alter_retention_policy(std::string, std::string,
                                                  meta::RetentionPolicyUpdate, bool) override {
        co_return Result<void>();
    }
    io::Task<Result<void>> change_catalog(meta::CatalogChange change) override {
        meta::CatalogEditor editor(*catalog_);
        const Result<void> changed = change(editor);
        if (changed.ok()) catalog_ = std::make_shared<meta::Catalog>(*std::move(editor).finish());
        co_return changed;
    }
    io::Task<Result<void>> drop_retention_policy(std::string, std::string) override {
        co_return Result<void>();
    }
    io::Task<Result<void>> delete_points(std::string, model::Tombstone what) override {
        deleted.push_back(what.text());
        co_return Result<void>();
    }
    io::Task<Result<void>> drop_measurement(std::string, std::string) override {
        co_return Result<void>();
    }
    io::Task<Result<void>> drop_shard(model::ShardGroupId) override { co_return Result<void>(); }

    std::vector<std::string> deleted;  // what delete_points() was told

private:
    class View final : public CoreView {
    public:
        View(std::uint32_t number, MemoryStore& store) : number_(number), store_(store) {}
        std::uint32_t number() const override { return number_; }
        std::size_t store_count() const override { return 1; }
        StoreReader& store(std::size_t) override { return store_; }
        io::Task<void> breathe() override { co_return; }

    private:
        std::uint32_t number_;
        MemoryStore& store_;
    };

    void index_databases() {
        catalog_->databases_by_name.clear();
        for (std::uint32_t i = 0; i < catalog_->databases.size(); ++i) {
            catalog_->databases_by_name.push_back(i);
        }
        std::sort(catalog_->databases_by_name.begin(), catalog_->databases_by_name.end(),
                  [&](std::uint32_t a, std::uint32_t b) {
                      return catalog_->databases[a]->name < catalog_->databases[b]->name;
                  });
    }

    // Finds or makes the group of `time` in d.autogen, and declares the fields there.
    model::ShardGroupId group_of(model::Timestamp time, const std::string& measurement,
                                 const std::vector<MemoryField>& fields) {
        auto database = std::make_shared<meta::Database>(*catalog_->databases[0]);
        auto policy = std::make_shared<meta::RetentionPolicy>(*database->retention_policies[0]);
        const model::Timestamp begin = model::truncate_as_go(time, kWeekNs);
        auto at = std::find_if(policy->shard_groups.begin(), policy->shard_groups.end(),
                               [&](const auto& group) { return group->range.begin == begin; });
        auto group = at == policy->shard_groups.end() ? std::make_shared<meta::ShardGroup>()
                                                      : std::make_shared<meta::ShardGroup>(**at);
        if (group->id == 0) group->id = ++last_group_;
        group->range = {begin, begin + kWeekNs};
        const meta::MeasurementSchema* known = group->measurements.find(measurement);
        auto schema = known == nullptr ? std::make_shared<meta::MeasurementSchema>(measurement)
                                       : std::make_shared<meta::MeasurementSchema>(*known);
        for (const MemoryField& field : fields) {
            if (schema->find_field(field.name) == nullptr) {
                schema->add_field({field.name, field.type});
            }
        }
        group->measurements.set(schema, ++edit_);
        if (at == policy->shard_groups.end()) {
            policy->shard_groups.push_back(group);
        } else {
            *at = group;
        }
        std::sort(policy->shard_groups.begin(), policy->shard_groups.end(),
                  [](const auto& a, const auto& b) { return a->range.begin < b->range.begin; });
        policy->shard_slots.clear();
        for (const auto& g : policy->shard_groups) policy->shard_slots.push_back({g->range, g->id});
        const model::ShardGroupId id = group->id;
        database->retention_policies[0] = policy;
        catalog_->databases[0] = database;
        return id;
    }

    std::shared_ptr<meta::Catalog> catalog_ = std::make_shared<meta::Catalog>();
    std::vector<std::unique_ptr<MemoryStore>> stores_;
    model::ShardGroupId last_group_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint64_t edit_ = 0;
};

}  // namespace sluice::query
