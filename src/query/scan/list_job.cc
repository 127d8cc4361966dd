// The job of one core lists the series of each of its stores, group by group, and the tag keys of
// all of them.
#include "query/scan/list_job.h"

#include <string>

#include "query/scan/select_budget.h"
#include "query/scan/series_tags.h"
#include "sluice/base/check.h"
#include "sluice/model/series_key.h"

namespace sluice::query {
namespace {

// The tag keys of all series.
class TagKeySieve final : public storage::SeriesSieve {
public:
    TagKeySieve(Listing listing, TagKeys& keys)
        : keeps_series_(listing != Listing::kTagKeys), keys_(keys) {}

    // Decides about the next keys where series are listed; may be null.
    void set_inner(storage::SeriesSieve* inner) { inner_ = inner; }

    bool keeps(std::string_view key) override {
        // Neighbours mostly have the same ones, so each name is compared with the one that stood
        // at its place before. A name that is new there makes all behind it count as new, which
        // costs a look at the set and no more.
        std::size_t place = 0;
        for_each_tag(key, [&](std::string_view name, std::string_view) {
            if (place == last_.size() || last_[place] != name) see(place, name);
            ++place;
            return true;
        });
        return keeps_series_ && (inner_ == nullptr || inner_->keeps(key));
    }

    std::size_t cost() const override { return inner_ == nullptr ? 1 : inner_->cost(); }
    bool takes_tags() const override { return !keeps_series_; }
    bool begin_tag(std::string_view tag) override {
        keys_.emplace(tag);
        return false;
    }

private:
    // Notes the name at a place, and forgets what stood at the places behind it.
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

io::Task<Result<void>> ListJob::run(CoreView& core) {
    SLUICE_CHECK(core.number() < sessions_.size());
    CoreSession& session = sessions_[core.number()];
    TagKeySieve tag_keys(listing_, session.tag_keys);
    const std::size_t count = numbers_ ? numbers_->size() : sources_.size();
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t source = numbers_ ? (*numbers_)[i] : i;
        std::unique_ptr<storage::SeriesSieve> chosen;
        // One sieve serves all groups and stores of a source, one after the other.
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

}  // namespace sluice::query
