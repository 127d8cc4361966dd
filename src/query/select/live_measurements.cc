#include "query/select/live_measurements.h"

#include <map>
#include <vector>

#include "query/compile/sources.h"
#include "sluice/meta/catalog_editor.h"

namespace sluice::query {
namespace {

using Candidates = std::map<std::string, std::vector<model::ShardGroupId>>;

// Every core looks for one point of each measurement, in its own stores. The names are those of the
// catalog, which lives longer than the job, so cores give back where they stand there.
class FindJob final : public CoreJob {
public:
    FindJob(const Candidates& candidates, std::size_t cores)
        : candidates_(candidates), found_(cores) {}

    io::Task<Result<void>> run(CoreView& core) override {
        for (const auto& [name, groups] : candidates_) {
            SLUICE_CO_TRY(const bool found, co_await has_points(core, name, groups));
            if (found) found_[core.number()].push_back(&name);
            co_await core.breathe();
        }
        co_return Result<void>();
    }

    const std::vector<std::vector<const std::string*>>& found() const { return found_; }

private:
    static io::Task<Result<bool>> has_points(CoreView& core, const std::string& name,
                                             const std::vector<model::ShardGroupId>& groups) {
        for (const model::ShardGroupId group : groups) {
            for (std::size_t store = 0; store < core.store_count(); ++store) {
                SLUICE_CO_TRY(const bool found, co_await core.store(store).has_series(group, name));
                if (found) co_return true;
            }
        }
        co_return false;
    }

    const Candidates& candidates_;
    std::vector<std::vector<const std::string*>> found_;  // by core
};

void collect_matched_databases(const influxql::SelectStatement& select,
                               std::set<std::string>& databases) {
    for (const influxql::Source& source : select.sources) {
        if (const influxql::SelectStatement* inner = source.subquery()) {
            collect_matched_databases(*inner, databases);
        } else if (source.measurement()->regex) {
            databases.insert(source.measurement()->database);
        }
    }
}

}  // namespace

io::Task<Result<LiveMeasurements>> LiveMeasurements::find(DataSource& source,
                                                          const meta::Database& database) {
    std::vector<const meta::RetentionPolicy*> policies;
    for (const auto& policy : database.retention_policies) policies.push_back(policy.get());
    io::Task<Result<LiveMeasurements>> finding = find(source, database, policies);
    Result<LiveMeasurements> live = co_await finding;
    co_return live;
}

io::Task<Result<LiveMeasurements>> LiveMeasurements::find(
    DataSource& source, const meta::Database& database,
    const std::vector<const meta::RetentionPolicy*>& policies) {
    LiveMeasurements live;
    if (database.last_delete == 0) co_return live;
    Candidates candidates;
    for (const meta::RetentionPolicy* const policy : policies) {
        for (const auto& group : policy->shard_groups) {
            group->measurements.for_each([&](const meta::MeasurementSchema& schema) {
                candidates[schema.name].push_back(group->id);
            });
        }
    }
    FindJob job(candidates, source.core_count());
    SLUICE_CO_TRY_VOID(co_await source.run_on_every_core(job));
    live.names_.emplace();
    for (const auto& of_core : job.found()) {
        for (const std::string* name : of_core) live.names_->insert(*name);
    }
    co_return live;
}

// The catalog that comes back is a copy without the dead measurements, for this statement alone.
io::Task<Result<std::shared_ptr<const meta::Catalog>>> catalog_for_patterns(
    DataSource& source, std::shared_ptr<const meta::Catalog> catalog,
    const influxql::SelectStatement& select) {
    std::set<std::string> names;
    collect_matched_databases(select, names);
    for (const std::string& name : names) {
        const meta::Database* database = catalog->find_database(name);
        if (database == nullptr || database->last_delete == 0) continue;
        SLUICE_CO_TRY(const LiveMeasurements live,
                      co_await LiveMeasurements::find(source, *database));
        meta::CatalogEditor editor(*catalog);
        for (const auto& policy : database->retention_policies) {
            for (const std::string& measurement : measurement_names(*policy, {})) {
                if (!live.contains(measurement)) editor.remove_measurement(name, measurement);
            }
        }
        if (editor.changed()) catalog = std::move(editor).finish();
    }
    co_return catalog;
}

}  // namespace sluice::query
