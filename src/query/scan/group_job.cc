// The job of one core puts the series of a scan into tag sets. Where a store has too many series of
// one tag set to list them, the piece names only that tag set.
#include "query/scan/group_job.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>

#include "query/scan/series_filter.h"
#include "query/scan/series_tags.h"
#include "query/session/sort_in_slices.h"
#include "query/session/tag_choice.h"
#include "sluice/base/check.h"

namespace sluice::query {
namespace {

// Looking at the clock for every series would cost more than the series.
constexpr std::size_t kSeriesPerBreath = 256;

// The condition of the statement as a sieve, on one core. It keeps every key that it does not
// exclude for certain: where rows have to be asked, the condition is asked again for each series
// when it is read (RowCondition).
//
// The listing shows keys in no particular order, and a key that lies in several segments more than
// once. So nothing is counted here; has_excluded() is a mere yes or no.
class ConditionSieve final : public storage::SeriesSieve {
public:
    explicit ConditionSieve(const SelectPlan& plan)
        : filter_(plan.condition.get(), is_field_reference),
          cost_(evaluation_cost(plan.condition.get())),
          scratches_(filter_.tags().size()) {
        if (plan.condition) choice_ = tag_choice(*plan.condition);
    }

    bool excludes_nothing() const { return filter_.tags().empty(); }
    // Returns whether any key that was shown since begin_piece() was excluded.
    bool has_excluded() const { return has_excluded_; }
    std::size_t cost() const override { return cost_; }
    const storage::TagChoice* choice() const override { return choice_ ? &*choice_ : nullptr; }
    void begin_piece() { has_excluded_ = false; }

    bool keeps(std::string_view key) override {
        // The values are views of the key or of their scratch, and are used before the next key.
        const auto tag_value = [&](std::size_t place) {
            return tag_in_key(key, filter_.tags()[place], scratches_[place]);
        };
        const bool kept = filter_.judge(tag_value) != Verdict::kNever;
        has_excluded_ = has_excluded_ || !kept;
        return kept;
    }

private:
    const SeriesFilter filter_;
    const std::size_t cost_;
    // One per tag of the condition: the values of several are looked at together.
    std::vector<std::string> scratches_;
    std::optional<storage::TagChoice> choice_;
    bool has_excluded_ = false;
};

// Keeps keys as long as they are few, and the hashes of all keys. Without GROUP BY and condition,
// nothing but the number of series would be learnt from a list of millions.
//
// Keys that were kept before the crowd became one stay in the list until it is thrown away, which
// bounds what a crowd takes. A key that is shown several times counts several times: a store with
// many segments is called a crowd early, which changes the way and not the answer.
class CrowdSieve final : public storage::SeriesSieve {
public:
    CrowdSieve(std::uint32_t source, std::uint32_t group) : source_(source), group_(group) {}

    bool is_crowd() const { return hashes.size() > kSeriesListedMax; }
    bool keeps(std::string_view key) override {
        hashes.push_back(series_identity(key, source_, group_));
        return !is_crowd();
    }

    std::vector<std::uint64_t> hashes;

private:
    // At a hundred bytes a key that is some 13 MB, a small part of what a query may use.
    static constexpr std::size_t kSeriesListedMax = 1u << 17;

    const std::uint32_t source_;
    const std::uint32_t group_;
};

}  // namespace

// The grouper of one core takes its pieces one by one.
class GroupJob::Grouper {
public:
    Grouper(const SelectPlan& plan, const SelectBudget& budget, CoreView& core,
            CoreSession& session, const SharingJob::Unshared& unshared)
        : plan_(plan),
          budget_(budget),
          core_(core),
          session_(session),
          unshared_(unshared),
          condition_(plan) {}

    io::Task<Result<void>> add(Piece piece) {
        Result<void> added;
        const auto unshared = unshared_.find({piece.source, piece.group});
        const bool is_unshared = unshared != unshared_.end();
        piece.only_at_home = is_unshared && !unshared->second.is_in_one_store;
        if (!is_unshared) {
            const auto& groups = plan_.sources[piece.source].groups;
            piece.range = core_.store(piece.store).holding(groups[piece.group].group).range;
        }
        if (plan_.dimensions.empty() && condition_.excludes_nothing()) {
            if (is_unshared && budget_.series_max() == 0) {
                added = co_await add_unseen(std::move(piece));
            } else {
                added = co_await add_all(std::move(piece));
            }
        } else {
            added = co_await add_chosen(std::move(piece));
        }
        if (!added.ok()) co_return std::move(added).error();
        if (session_.memory_bytes > budget_.memory_left() / 2) {
            co_return too_much_memory(budget_.memory_bytes_max() / 2);
        }
        co_return Result<void>();
    }

private:
    io::Task<Result<storage::SeriesList>> list(const Piece& piece, storage::SeriesSieve* sieve) {
        const PlannedSource& source = plan_.sources[piece.source];
        return core_.store(piece.store)
            .list_series(source.groups[piece.group].group, source.measurement, sieve);
    }

    // Nobody asks which series there are.
    io::Task<Result<void>> add_unseen(Piece piece) {
        const PlannedSource& source = plan_.sources[piece.source];
        SLUICE_CO_TRY(const bool has_some,
                      co_await core_.store(piece.store)
                          .has_series(source.groups[piece.group].group, source.measurement));
        if (!has_some) co_return Result<void>();
        tag_set_ = source.measurement;
        piece.only_tag_set = number_of_tag_set();
        keep(std::move(piece));
        co_return Result<void>();
    }

    // Takes a store whose series are all of one tag set.
    io::Task<Result<void>> add_all(Piece piece) {
        CrowdSieve crowd(piece.source, piece.group);
        SLUICE_CO_TRY(piece.series, co_await list(piece, &crowd));
        if (piece.series.keys().empty()) co_return Result<void>();
        const bool is_crowd = crowd.is_crowd();
        // A key that lies in several segments was seen several times.
        co_await sort_in_slices(core_, crowd.hashes);
        crowd.hashes.erase(std::unique(crowd.hashes.begin(), crowd.hashes.end()),
                           crowd.hashes.end());
        if (is_crowd && budget_.series_max() != 0) {
            // max-select-series counts series over all stores, so their keys are needed after all.
            SLUICE_CO_TRY_VOID(check_series(crowd.hashes.size()));
            Result<void> chosen = co_await add_chosen(std::move(piece));
            co_return chosen;
        }
        tag_set_ = plan_.sources[piece.source].measurement;
        const std::uint32_t tag_set = number_of_tag_set();
        if (is_crowd) {
            piece.series = {};
            piece.only_tag_set = tag_set;
        } else {
            piece.tag_sets.assign(piece.series.keys().size(), tag_set);
        }
        session_.series_hashes.insert(session_.series_hashes.end(), crowd.hashes.begin(),
                                      crowd.hashes.end());
        keep(std::move(piece));
        co_return Result<void>();
    }

    // Lists the series of a store that the condition keeps, and tells them apart by their tags.
    io::Task<Result<void>> add_chosen(Piece piece) {
        condition_.begin_piece();
        storage::SeriesSieve* sieve = condition_.excludes_nothing() ? nullptr : &condition_;
        SLUICE_CO_TRY(piece.series, co_await list(piece, sieve));
        if (piece.series.keys().empty()) co_return Result<void>();
        SLUICE_CO_TRY_VOID(check_series(piece.series.keys().size()));
        // Keys outside of a choice are never shown to the sieve, so it cannot know whether there
        // were any.
        piece.is_filtered = condition_.has_excluded() || condition_.choice() != nullptr;
        piece.tag_sets.reserve(piece.series.keys().size());
        const bool is_unshared = unshared_.contains({piece.source, piece.group});
        std::size_t count = 0;
        const std::size_t per_breath = std::max<std::size_t>(
            1, kSeriesPerBreath / std::max<std::size_t>(1, plan_.dimensions.size()));
        for (const std::string_view key : piece.series.keys()) {
            if (++count % per_breath == 0) co_await core_.breathe();
            // A dimension that the series lacks counts as an empty value, as in InfluxDB.
            tag_set_ = plan_.sources[piece.source].measurement;
            for (const std::string& dimension : plan_.dimensions) {
                tag_set_ += '\0';
                tag_set_ += tag_in_key(key, dimension, scratch_);
            }
            piece.tag_sets.push_back(number_of_tag_set());
            if (is_unshared) continue;
            session_.series_hashes.push_back(series_identity(key, piece.source, piece.group));
        }
        keep(std::move(piece));
        co_return Result<void>();
    }

    // Checks the bound for one store early; SeriesScan counts over all stores.
    Result<void> check_series(std::size_t count) const {
        if (budget_.series_max() == 0 || count <= budget_.series_max() + 1) return {};
        return budget_.too_many_series();
    }

    // Returns the number of tag_set_, which may be new.
    std::uint32_t number_of_tag_set() {
        const auto [entry, is_new] =
            known_.try_emplace(tag_set_, static_cast<std::uint32_t>(session_.tag_sets.size()));
        if (is_new) {
            // The text lies in the map and in the list; a node of the map takes some 64 bytes.
            session_.tag_sets.push_back(tag_set_);
            session_.memory_bytes += 2 * (tag_set_.capacity() + sizeof(TagSetKey)) + 64;
        }
        return entry->second;
    }

    // Adds a piece and what it takes: its keys, a number for each, and its hashes twice, since they
    // are copied while they are sorted.
    void keep(Piece piece) {
        SLUICE_CHECK(piece.tag_sets.size() == piece.series.keys().size());
        SLUICE_CHECK(session_.series_hashes.size() >= hashes_counted_);
        const std::size_t hashes = session_.series_hashes.size() - hashes_counted_;
        hashes_counted_ += hashes;
        session_.memory_bytes +=
            piece.series.memory_bytes() + piece.tag_sets.size() * 4 + hashes * 16;
        session_.pieces.push_back(std::move(piece));
    }

    const SelectPlan& plan_;
    const SelectBudget& budget_;
    CoreView& core_;
    CoreSession& session_;
    const SharingJob::Unshared& unshared_;
    ConditionSieve condition_;
    std::unordered_map<TagSetKey, std::uint32_t> known_;  // of all pieces of the core
    TagSetKey tag_set_;
    std::string scratch_;
    std::size_t hashes_counted_ = 0;
};

bool GroupJob::asks_for_sharing(const SelectPlan& plan) {
    return ConditionSieve(plan).excludes_nothing();
}

io::Task<Result<void>> GroupJob::run(CoreView& core) {
    SLUICE_CHECK(core.number() < sessions_.size());
    CoreSession& session = sessions_[core.number()];
    // Numbers of tag sets begin at 0 in each session.
    SLUICE_CHECK(session.pieces.empty() && session.tag_sets.empty());
    Grouper grouper(plan_, budget_, core, session, unshared_);
    for (std::uint32_t source = 0; source < plan_.sources.size(); ++source) {
        for (std::uint32_t group = 0; group < plan_.sources[source].groups.size(); ++group) {
            for (std::size_t store = 0; store < core.store_count(); ++store) {
                Piece piece;
                piece.source = source;
                piece.group = group;
                piece.store = store;
                // A store without the measurement adds nothing, and its place stays empty.
                Result<void> added = co_await grouper.add(std::move(piece));
                if (!added.ok()) co_return std::move(added).error();
                co_await core.breathe();
            }
        }
    }
    co_await sort_in_slices(core, session.series_hashes);
    co_return Result<void>();
}

}  // namespace sluice::query
