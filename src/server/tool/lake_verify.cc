#include "server/tool/lake_verify.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "server/export/group_export.h"
#include "server/export/table_survey.h"
#include "server/lake/file_steps.h"
#include "server/lake/lake_root.h"
#include "server/tool/console.h"
#include "server/tool/directory_reading.h"
#include "server/tool/lake_status.h"
#include "server/tool/signal_pace.h"
#include "sluice/base/crc32c.h"
#include "sluice/io/reactor.h"
#include "sluice/lake/parquet_reader.h"
#include "sluice/model/series_key.h"

namespace sluice::server {
namespace {

// Of one column. Sums are of the bits of values, modulo 2^64: the order of rows does not matter,
// and NaN is a value like others. Of strings only the count.
struct ColumnSum {
    std::uint64_t values = 0;
    std::uint64_t sum = 0;
    bool operator==(const ColumnSum&) const = default;
};

struct GroupSum {
    std::uint64_t rows = 0;
    std::map<std::string, ColumnSum> columns;  // those with a value
    bool operator==(const GroupSum&) const = default;
};

void add_slice(ColumnSum& sum, const codec::ColumnSlice& slice, std::size_t rows) {
    if (slice.absent()) return;
    for (std::size_t row = 0; row < rows; ++row) {
        if (!slice.is_valid(row)) continue;
        ++sum.values;
        if (!slice.words.empty()) sum.sum += slice.words[row];
        if (!slice.flags.empty()) sum.sum += slice.flags[row];
    }
}

// The files that are published of a group, as they are in the lake.
class LakeSide {
public:
    LakeSide(LakeTarget& target, const LakeIdentity& identity, const PublicationKey& key,
             const Publication& publication)
        : target_(target), identity_(identity), key_(key), publication_(publication) {}

    io::Task<Result<GroupSum>> read() {
        GroupSum sum;
        for (const WrittenFile& file : publication_.files) {
            const std::string path =
                published_path(key_, identity_.node, publication_.generation, file);
            SLUICE_CO_TRY(const std::string bytes, co_await target_.read(path, file.bytes + 1));
            SLUICE_CO_TRY_VOID(add(identity_.root + "/" + path, file, bytes, sum));
        }
        co_return sum;
    }

private:
    static Result<void> add(const std::string& path, const WrittenFile& file,
                            const std::string& bytes, GroupSum& sum) {
        const ByteSpan span = as_byte_span(bytes);
        if (bytes.size() != file.bytes || crc32c(span) != file.checksum) {
            return Error{ErrorKind::kCorrupt, path + " is not the file that was published"};
        }
        SLUICE_TRY(const lake::ParquetReader reader, lake::ParquetReader::open(span));
        const lake::ParquetMetadata& metadata = reader.metadata();
        sum.rows += metadata.rows();
        for (std::size_t group = 0; group < metadata.groups.size(); ++group) {
            for (std::size_t i = 0; i < metadata.columns.size(); ++i) {
                const lake::ParquetColumn& column = metadata.columns[i];
                SLUICE_TRY(const lake::ParquetValues values, reader.read(group, i));
                const std::size_t count = values.words.size() + values.texts.size();
                if (count == 0) continue;
                ColumnSum& total = sum.columns[column.name];
                total.values += count;
                for (const std::uint64_t word : values.words) total.sum += word;
            }
        }
        return {};
    }

    LakeTarget& target_;
    const LakeIdentity& identity_;
    const PublicationKey& key_;
    const Publication& publication_;
};

// The same of the directory.
class StoreSide {
public:
    StoreSide(engine::Core& core, const PublicationKey& key)
        : places_{places_of({&core})}, catalog_(core.catalog()), key_(key) {}

    // Nothing: the catalog has it no more.
    std::shared_ptr<const meta::ShardGroup> find() const {
        const meta::Database* const database = catalog_->find_database(key_.table.database);
        const meta::RetentionPolicy* const policy =
            database == nullptr ? nullptr : database->find_policy(key_.table.policy);
        if (policy == nullptr) return nullptr;
        for (const auto& group : policy->shard_groups) {
            if (group->id == key_.group) return group;
        }
        return nullptr;
    }

    io::Task<Result<GroupSum>> read(std::shared_ptr<const meta::ShardGroup> group,
                                    const lake::TableNames& names) {
        TableSurvey survey;
        SLUICE_CO_TRY_VOID(co_await survey_group(places_, group, key_.table.measurement,
                                                 model::TimeRange(), pace_, survey));
        GroupSum sum;
        const lake::TableColumns columns = survey.columns(names);
        for (const SurveyedGroup& each : survey.groups) {
            storage::ScanSpec spec;
            spec.group = key_.group;
            spec.measurement = key_.table.measurement;
            for (const lake::TableField& field : columns.fields()) {
                spec.fields.push_back(field.name);
            }
            MergedRows rows(places_.stores, std::move(spec), each.shared);
            Result<void> added = co_await add_all(rows, columns, sum);
            co_await rows.close();
            if (!added.ok()) co_return std::move(added).error();
        }
        co_return sum;
    }

private:
    io::Task<Result<void>> add_all(MergedRows& rows, const lake::TableColumns& columns,
                                   GroupSum& sum) {
        RowBatch batch;
        while (true) {
            SLUICE_CO_TRY_VOID(co_await rows.fill());
            if (rows.is_done()) break;
            while (rows.next(batch)) add(batch, columns, sum);
            if (pace_.is_ended()) {
                co_return Error{ErrorKind::kCancelled, "ended by a signal: not all was compared"};
            }
        }
        co_return Result<void>();
    }

    static void add(const RowBatch& batch, const lake::TableColumns& columns, GroupSum& sum) {
        const std::size_t rows = batch.times.size();
        sum.rows += rows;
        for (std::size_t i = 0; i < columns.first_tag(); ++i) {
            ColumnSum& total = sum.columns[columns.columns()[i].name];
            total.values += rows;
            for (const model::Timestamp time : batch.times) {
                const std::int64_t nanos = (time % 1000 + 1000) % 1000;
                total.sum += static_cast<std::uint64_t>(i == 0 ? (time - nanos) / 1000 : nanos);
            }
        }
        for (const model::Tag& tag : model::parse_series_key(batch.series_key).tags) {
            const auto at = std::lower_bound(columns.tags().begin(), columns.tags().end(), tag.key);
            const auto index = static_cast<std::size_t>(at - columns.tags().begin());
            sum.columns[columns.columns()[columns.first_tag() + index].name].values += rows;
        }
        for (std::size_t i = 0; i < batch.columns.size(); ++i) {
            ColumnSum part;
            add_slice(part, batch.columns[i], rows);
            if (part.values == 0) continue;
            ColumnSum& total = sum.columns[columns.columns()[columns.first_field() + i].name];
            total.values += part.values;
            total.sum += part.sum;
        }
    }

    const RowPlaces places_;
    const std::shared_ptr<const meta::Catalog> catalog_;
    const PublicationKey& key_;
    SignalPace pace_;
};

// What is the same and what is not, of all lakes of a directory.
class LakeComparison {
public:
    LakeComparison(const std::vector<LakeState>& states, const LakeSettings& settings)
        : states_(states), settings_(settings) {}

    io::Task<Result<void>> run(engine::Core& core) {
        for (const LakeState& state : states_) {
            const LakeIdentity& identity = state.identity();
            LakeSettings settings = settings_;
            if (!settings.is_bucket() || settings.place() != identity.root) {
                settings = LakeSettings();
                settings.root = "file://" + identity.root;
            }
            const std::unique_ptr<LakeTarget> target =
                make_lake_target(core.reactor(), settings, {"", identity.root, identity.node},
                                 steps_, {}, retries_, identity.owner);
            const Result<void> compared = co_await compare_all(core, *target, state);
            co_await target->close();
            if (!compared.ok()) co_return compared;
        }
        bar_.clear();
        co_return Result<void>();
    }
    std::uint64_t same() const { return same_; }
    std::uint64_t different() const { return different_; }

private:
    io::Task<Result<void>> compare_all(engine::Core& core, LakeTarget& target,
                                       const LakeState& state) {
        std::uint64_t done = 0;
        for (const auto& [key, entry] : state.entries()) {
            bar_.show(key.table.text(), done++, state.entries().size());
            if (!entry.published) continue;
            SLUICE_CO_TRY_VOID(co_await compare(core, target, state, key, *entry.published));
        }
        co_return Result<void>();
    }

    io::Task<Result<void>> compare(engine::Core& core, LakeTarget& target, const LakeState& state,
                                   const PublicationKey& key, const Publication& publication) {
        LakeSide lake_side(target, state.identity(), key, publication);
        const Result<GroupSum> published = co_await lake_side.read();
        if (!published.ok()) {
            differ(key, published.error().message);
            co_return Result<void>();
        }
        StoreSide store_side(core, key);
        const std::shared_ptr<const meta::ShardGroup> group = store_side.find();
        // What the server no longer has is compared with what was published.
        if (group == nullptr || group->measurements.find(key.table.measurement) == nullptr) {
            ++same_;
            co_return Result<void>();
        }
        const lake::TableNames names{{"day", "node"}, state.names_of(key.table)};
        SLUICE_CO_TRY(const GroupSum stored, co_await store_side.read(group, names));
        if (stored == *published) {
            ++same_;
        } else if (stored.rows != published->rows) {
            differ(key, std::to_string(stored.rows) + " rows in the directory, " +
                            std::to_string(published->rows) + " in the lake");
        } else {
            differ(key, "other values in the directory than in the lake");
        }
        co_return Result<void>();
    }

    void differ(const PublicationKey& key, const std::string& how) {
        ++different_;
        bar_.clear();
        complain(key.table.text() + ", shard group " + std::to_string(key.group) + ": " + how);
    }

    const std::vector<LakeState>& states_;
    const LakeSettings& settings_;
    FileSteps steps_;
    Counter retries_;
    ProgressBar bar_;
    std::uint64_t same_ = 0;
    std::uint64_t different_ = 0;
};

}  // namespace

Result<bool> verify_lake(const std::string& directory, const std::string& scratch,
                         const LakeSettings& settings) {
    end_at_signals();
    SLUICE_TRY(const std::vector<LakeState> states, read_lake_states(directory));
    for (const LakeState& state : states) {
        const std::string& root = state.identity().root;
        const bool is_reachable =
            !root.starts_with("s3://") || (settings.is_bucket() && settings.place() == root);
        if (!is_reachable) {
            return Error{ErrorKind::kInvalid,
                         root +
                             ": say by --config FILE how it is reached, which is what the "
                             "server's [lake] says"};
        }
    }
    LakeComparison comparison(states, settings);
    SLUICE_TRY(const bool is_whole,
               read_directory(directory, scratch, Beside::kNobody,
                              [&comparison](engine::Core& core) { return comparison.run(core); }));
    print_line(std::to_string(comparison.same()) + " publications are the same, " +
               std::to_string(comparison.different()) + " are not");
    return is_whole && comparison.different() == 0;
}

}  // namespace sluice::server
