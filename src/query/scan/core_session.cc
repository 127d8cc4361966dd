#include "query/scan/core_session.h"

#include <algorithm>
#include <unordered_map>

#include "query/scan/tag_choice.h"
#include "query/session/sort_in_slices.h"
#include "sluice/base/hash.h"
#include "sluice/base/units.h"
#include "sluice/model/series_key.h"

namespace sluice::query {
namespace {

// Looking at the clock for every series would cost more than the series.
constexpr std::size_t kSeriesPerBreath = 256;

// Calls see(name, value), both escaped, for the tags of a canonical key until it says false.
template <typename See>
void for_each_tag(std::string_view key, See&& see) {
    const auto unescaped_end = [&](std::size_t from, char stop) {
        std::size_t at = from;
        while (at < key.size() && key[at] != stop)
            at += key[at] == '\\' && at + 1 < key.size() ? 2 : 1;
        return std::min(at, key.size());
    };
    std::size_t at = unescaped_end(0, ',');
    while (at < key.size()) {
        const std::size_t name_at = at + 1;
        const std::size_t equals = unescaped_end(name_at, '=');
        const std::size_t end = unescaped_end(std::min(equals + 1, key.size()), ',');
        const std::string_view value =
            equals + 1 <= end ? key.substr(equals + 1, end - equals - 1) : std::string_view();
        if (!see(key.substr(name_at, equals - name_at), value)) return;
        at = end;
    }
}

// The tag keys of all series.
class TagKeySieve final : public storage::SeriesSieve {
public:
    TagKeySieve(Listing listing, TagKeys& keys)
        : keeps_series_(listing != Listing::kTagKeys), keys_(keys) {}

    // Decides about the next keys where series are listed; may be null.
    void set_inner(storage::SeriesSieve* inner) { inner_ = inner; }

    bool keeps(std::string_view key) override {
        // Neighbours mostly have the same ones.
        std::size_t place = 0;
        for_each_tag(key, [&](std::string_view name, std::string_view) {
            if (place == last_.size() || last_[place] != name) see(place, name);
            ++place;
            return true;
        });
        return keeps_series_ && (inner_ == nullptr || inner_->keeps(key));
    }

    bool takes_tags() const override { return !keeps_series_; }
    bool begin_tag(std::string_view tag) override {
        keys_.emplace(tag);
        return false;
    }

private:
    void see(std::size_t place, std::string_view name) {
        last_.resize(place);
        last_.emplace_back(name);
        keys_.insert(model::unescape_tag(name));
    }

    const bool keeps_series_;
    storage::SeriesSieve* inner_ = nullptr;
    TagKeys& keys_;
    std::vector<std::string> last_;  // escaped
};

}  // namespace

Error too_much_memory(std::uint64_t bytes_max) {
    return {ErrorKind::kTooLarge, "query needs more memory than this server grants it (" +
                                      std::to_string(bytes_max / kMiB) +
                                      " MiB): narrow its time range, its series or its grouping"};
}

bool is_field_reference(const influxql::VarRef& ref) {
    return ref.type != influxql::DataType::kTag;
}

std::uint64_t series_identity(std::string_view key, std::uint32_t source, std::uint32_t group) {
    constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15;
    return hash_bytes(key) ^ (((std::uint64_t{source} << 32) | group) + 1) * kMix;
}

void CoreSession::renumber(const std::vector<std::uint32_t>& numbers) {
    for (Piece& piece : pieces) {
        for (std::uint32_t& tag_set : piece.tag_sets) tag_set = numbers[tag_set];
        if (piece.only_tag_set) piece.only_tag_set = numbers[*piece.only_tag_set];
        has_matches = has_matches || !piece.tag_sets.empty() || piece.only_tag_set;
    }
}

io::Task<Result<void>> ListJob::run(CoreView& core) {
    CoreSession& session = sessions_[core.number()];
    TagKeySieve tag_keys(listing_, session.tag_keys);
    for (std::uint32_t source = 0; source < sources_.size(); ++source) {
        std::unique_ptr<storage::SeriesSieve> chosen;
        if (make_sieve_ != nullptr) chosen = (*make_sieve_)(core.number(), source);
        tag_keys.set_inner(chosen.get());
        storage::SeriesSieve* sieve = listing_ == Listing::kSeries ? chosen.get() : &tag_keys;
        for (std::uint32_t group = 0; group < sources_[source].groups.size(); ++group) {
            for (std::size_t store = 0; store < core.store_count(); ++store) {
                Piece piece;
                piece.source = source;
                piece.group = group;
                piece.store = store;
                SLUICE_CO_TRY(piece.series, co_await core.store(store).list_series(
                                                sources_[source].groups[group].group,
                                                sources_[source].measurement, sieve));
                session.memory_bytes += piece.series.memory_bytes();
                if (!piece.series.keys().empty()) session.pieces.push_back(std::move(piece));
                if (session.memory_bytes > memory_bytes_max_) {
                    co_return too_much_memory(memory_bytes_max_);
                }
                co_await core.breathe();
            }
        }
    }
    co_return Result<void>();
}

std::string_view tag_in_key(std::string_view key, std::string_view tag, std::string& scratch) {
    std::string_view found;
    for_each_tag(key, [&](std::string_view name, std::string_view value) {
        const bool escaped = name.find('\\') != std::string_view::npos;
        if (escaped ? model::unescape_tag(name) != tag : name != tag) return true;
        found = value;
        return false;
    });
    if (found.find('\\') == std::string_view::npos) return found;
    scratch = model::unescape_tag(found);
    return scratch;
}

namespace {

// The condition, on one core.
class ConditionSieve final : public storage::SeriesSieve {
public:
    explicit ConditionSieve(const SelectPlan& plan)
        : filter_(plan.condition.get(), is_field_reference), scratches_(filter_.tags().size()) {
        if (plan.condition) choice_ = tag_choice(*plan.condition);
    }

    bool excludes_nothing() const { return filter_.tags().empty(); }
    // Of the keys that were shown.
    bool has_excluded() const { return has_excluded_; }
    const storage::TagChoice* choice() const override { return choice_ ? &*choice_ : nullptr; }
    void begin_piece() { has_excluded_ = false; }

    bool keeps(std::string_view key) override {
        const auto tag_value = [&](std::string_view tag) {
            std::size_t place = 0;
            while (filter_.tags()[place] != tag) ++place;
            return tag_in_key(key, tag, scratches_[place]);
        };
        const bool kept = filter_.judge(tag_value) != Verdict::kNever;
        has_excluded_ = has_excluded_ || !kept;
        return kept;
    }

private:
    const SeriesFilter filter_;
    // One per tag of the condition: the values of several are looked at together.
    std::vector<std::string> scratches_;
    std::optional<storage::TagChoice> choice_;
    bool has_excluded_ = false;
};

// Keeps keys as long as they are few; hashes of all.
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
    static constexpr std::size_t kSeriesListedMax = 1u << 17;

    const std::uint32_t source_;
    const std::uint32_t group_;
};

}  // namespace

// What the pieces of one core are put into.
class GroupJob::Grouper {
public:
    Grouper(const SelectPlan& plan, const SelectBudget& budget, CoreView& core,
            CoreSession& session)
        : plan_(plan), budget_(budget), core_(core), session_(session), condition_(plan) {}

    io::Task<Result<void>> add(Piece piece) {
        Result<void> added;
        if (plan_.dimensions.empty() && condition_.excludes_nothing()) {
            added = co_await add_all(std::move(piece));
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
            // They are to be counted over all stores.
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

    io::Task<Result<void>> add_chosen(Piece piece) {
        condition_.begin_piece();
        storage::SeriesSieve* sieve = condition_.excludes_nothing() ? nullptr : &condition_;
        SLUICE_CO_TRY(piece.series, co_await list(piece, sieve));
        if (piece.series.keys().empty()) co_return Result<void>();
        SLUICE_CO_TRY_VOID(check_series(piece.series.keys().size()));
        piece.is_filtered = condition_.has_excluded() || condition_.choice() != nullptr;
        piece.tag_sets.reserve(piece.series.keys().size());
        std::size_t count = 0;
        for (const std::string_view key : piece.series.keys()) {
            if (++count % kSeriesPerBreath == 0) co_await core_.breathe();
            tag_set_ = plan_.sources[piece.source].measurement;
            for (const std::string& dimension : plan_.dimensions) {
                tag_set_ += '\0';
                tag_set_ += tag_in_key(key, dimension, scratch_);
            }
            piece.tag_sets.push_back(number_of_tag_set());
            session_.series_hashes.push_back(series_identity(key, piece.source, piece.group));
        }
        keep(std::move(piece));
        co_return Result<void>();
    }

    // Of one store; SeriesScan counts them over all.
    Result<void> check_series(std::size_t count) const {
        if (budget_.series_max() == 0 || count <= budget_.series_max() + 1) return {};
        return budget_.too_many_series();
    }

    // Of tag_set_, new or known.
    std::uint32_t number_of_tag_set() {
        const auto [entry, is_new] =
            known_.try_emplace(tag_set_, static_cast<std::uint32_t>(session_.tag_sets.size()));
        if (is_new) {
            session_.tag_sets.push_back(tag_set_);
            session_.memory_bytes += 2 * (tag_set_.capacity() + sizeof(TagSetKey)) + 64;
        }
        return entry->second;
    }

    void keep(Piece piece) {
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
    ConditionSieve condition_;
    std::unordered_map<TagSetKey, std::uint32_t> known_;
    TagSetKey tag_set_;
    std::string scratch_;
    std::size_t hashes_counted_ = 0;
};

io::Task<Result<void>> GroupJob::run(CoreView& core) {
    CoreSession& session = sessions_[core.number()];
    Grouper grouper(plan_, budget_, core, session);
    for (std::uint32_t source = 0; source < plan_.sources.size(); ++source) {
        for (std::uint32_t group = 0; group < plan_.sources[source].groups.size(); ++group) {
            for (std::size_t store = 0; store < core.store_count(); ++store) {
                Piece piece;
                piece.source = source;
                piece.group = group;
                piece.store = store;
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
