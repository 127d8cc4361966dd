// Writes to databases that have a bound of series, or of values of tags: what of a batch may be
// written, and what the stores of a core have already.
#include <utility>

#include "engine/core_state.h"
#include "engine/engine_state.h"
#include "sluice/base/hash.h"
#include "sluice/base/log.h"
#include "sluice/io/mailbox.h"

namespace sluice::engine {
namespace {

// Of keys that are hashed between two looks at the clock.
constexpr std::size_t kSlice = 1024;

// Takes the hash of each key, and those of its tags, and keeps none.
class HashSieve final : public storage::SeriesSieve {
public:
    explicit HashSieve(bool with_tags) : with_tags_(with_tags) {}

    bool keeps(std::string_view key) override {
        if (!found_.series.insert(hash_bytes(key)) || !with_tags_) return false;
        tags_.clear();
        append_tag_values(key, tags_);
        for (const TagValue& each : tags_) {
            if (values_.insert(each.value)) found_.values.push_back(each);
        }
        return false;
    }
    CountedSeries take() { return std::move(found_); }

private:
    bool with_tags_;
    CountedSeries found_;
    SeriesSet values_;
    std::vector<TagValue> tags_;  // of one key
};

}  // namespace

// `target` is a copy: it keeps the snapshot until the write has completed. The rows of refused
// series go before the schema is looked at, so that they leave no names behind.
io::Task<WriteOutcome> CoreState::write_within_bounds(WriteTarget target, SeriesBounds bounds,
                                                      model::PointBatch& batch,
                                                      std::vector<model::Rejection>& rejections) {
    const std::string& database = target.database->name;
    const storage::Head& head = stores.front()->active_head();
    const std::uint64_t head_id = head.id();
    const std::vector<model::SeriesId> unknown = series_gate_.unknown(database, head_id, batch);
    std::uint64_t refused_rows = 0;
    if (!unknown.empty()) {
        AskedSeries asked;
        const auto is_same_head = [this, head_id] {
            return stores.front()->active_head().id() == head_id;
        };
        for (std::size_t i = 0; i < unknown.size() && is_same_head(); ++i) {
            asked.add(head.series_index().key(unknown[i]), bounds.values_per_tag_max != 0);
            if (i % kSlice == kSlice - 1 && reactor.needs_yield()) co_await reactor.yield();
        }
        const auto ask = [this, &database, &asked, bounds] {
            return engine.series_limits().ask(database, std::move(asked), bounds);
        };
        const std::vector<SeriesAnswer> answers = co_await io::call_on(0, ask);
        // Series numbers of another head mean nothing, and the answers are about some of them only.
        if (!is_same_head()) {
            metrics.parses_repeated.add();
            WriteOutcome again;
            again.status = WriteStatus::kParseAgain;
            co_return again;
        }
        std::vector<model::SeriesId> refused;
        std::vector<SeriesAnswer> reasons;
        for (std::size_t i = 0; i < unknown.size(); ++i) {
            if (answers[i].kind == SeriesAnswer::Kind::kMayBe) {
                series_gate_.admit(database, head_id, unknown[i]);
            } else {
                refused.push_back(unknown[i]);
                reasons.push_back(answers[i]);
            }
        }
        const auto text = [&](std::size_t i) {
            if (reasons[i].kind == SeriesAnswer::Kind::kTooManySeries) {
                return too_many_series_text(bounds.series_max);
            }
            return too_many_values_text(head.series_index().key(refused[i]), reasons[i].tag,
                                        reasons[i].values, bounds.values_per_tag_max);
        };
        if (!refused.empty()) {
            refused_rows = SeriesGate::remove(refused, text, batch, rejections);
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
io::Task<CountedSeries> CoreState::list_series(std::string database, storage::Epoch view,
                                               bool with_tags) {
    const std::shared_ptr<const meta::Catalog> snapshot = catalog;
    const meta::Database* const found = snapshot->find_database(database);
    HashSieve sieve(with_tags);
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
