// Writes to databases that have a bound of series: what of a batch may be written, and what the
// stores of a core have already.
#include <utility>

#include "engine/core_state.h"
#include "engine/engine_state.h"
#include "sluice/base/hash.h"
#include "sluice/base/log.h"
#include "sluice/io/mailbox.h"

namespace sluice::engine {
namespace {

// Takes the hash of each key, and keeps none.
class HashSieve final : public storage::SeriesSieve {
public:
    bool keeps(std::string_view key) override {
        series_.insert(hash_bytes(key));
        return false;
    }
    SeriesSet take() { return std::move(series_); }

private:
    SeriesSet series_;
};

}  // namespace

// `target` is a copy: it keeps the snapshot until the write has completed. The rows of refused
// series go before the schema is looked at, so that they leave no names behind.
io::Task<WriteOutcome> CoreState::write_within_series(WriteTarget target, model::PointBatch& batch,
                                                      std::vector<model::Rejection>& rejections) {
    const std::string& database = target.database->name;
    const storage::Head& head = stores.front()->active_head();
    const std::uint64_t head_id = head.id();
    const std::vector<model::SeriesId> unknown = series_gate_.unknown(database, head_id, batch);
    std::uint64_t refused_rows = 0;
    if (!unknown.empty()) {
        std::vector<std::uint64_t> hashes;
        hashes.reserve(unknown.size());
        for (const model::SeriesId each : unknown) {
            hashes.push_back(hash_bytes(head.series_index().key(each)));
        }
        const auto ask = [this, &database, &hashes, max = target.series_max] {
            return engine.series_limits().ask(database, std::move(hashes), max);
        };
        const std::vector<bool> is_refused = co_await io::call_on(0, ask);
        // Series numbers of another head mean nothing.
        if (stores.front()->active_head().id() != head_id) {
            metrics.parses_repeated.add();
            WriteOutcome again;
            again.status = WriteStatus::kParseAgain;
            co_return again;
        }
        std::vector<model::SeriesId> refused;
        for (std::size_t i = 0; i < unknown.size(); ++i) {
            if (is_refused[i]) {
                refused.push_back(unknown[i]);
            } else {
                series_gate_.admit(database, head_id, unknown[i]);
            }
        }
        if (!refused.empty()) {
            refused_rows = SeriesGate::remove(refused, target.series_max, batch, rejections);
            metrics.points_beyond_series_max.add(refused_rows);
        }
    }
    io::Task<WriteOutcome> writing = write_checked(target, batch, rejections);
    WriteOutcome outcome = co_await writing;
    outcome.rows_rejected += refused_rows;
    co_return outcome;
}

// What cannot be read is left out: damage is said where it is found, and makes room rather than
// keeping points away.
io::Task<SeriesSet> CoreState::list_series(std::string database, storage::Epoch view) {
    const std::shared_ptr<const meta::Catalog> snapshot = catalog;
    const meta::Database* const found = snapshot->find_database(database);
    HashSieve sieve;
    if (found == nullptr) co_return sieve.take();
    for (const auto& policy : found->retention_policies) {
        for (const auto& group : policy->shard_groups) {
            std::vector<std::string> names;
            group->measurements.for_each(
                [&names](const meta::MeasurementSchema& each) { names.push_back(each.name); });
            for (const std::string& name : names) {
                for (storage::Store* store : stores) {
                    const auto listed = co_await store->list_series(group->id, name, &sieve, view);
                    if (listed.ok()) continue;
                    log_warn("some series of a database could not be counted",
                             {{"database", database}, {"error", listed.error().message}});
                }
            }
        }
    }
    co_return sieve.take();
}

}  // namespace sluice::engine
