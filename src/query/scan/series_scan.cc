#include "query/scan/series_scan.h"

#include <algorithm>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <unordered_set>
#include <utility>

#include "query/scan/group_job.h"
#include "sluice/base/check.h"

namespace sluice::query {
namespace {

// A table of states has a place for each tag set, call and core, used or not, so the number of tag
// sets is bounded as well as the memory that they turn out to take.
constexpr std::uint32_t kTagSetsPerPortion = 1u << 16;
constexpr std::size_t kHashesPerBreath = 1024;

std::string_view measurement_of(std::string_view tag_set) {
    return tag_set.substr(0, tag_set.find('\0'));
}

// The measurement and the first `count` dimensions.
std::string_view outer_key(std::string_view tag_set, std::size_t count) {
    std::size_t at = tag_set.find('\0');
    for (; count > 0 && at != std::string_view::npos; --count) at = tag_set.find('\0', at + 1);
    return tag_set.substr(0, at);
}

// Returns what InfluxDB sorts tag sets by before it counts them: the names of the tags there are,
// then their values (tsdb/meta.go: MakeTagsKey).
std::string counting_key(std::string_view outer, const std::vector<std::string>& dimensions) {
    std::string names;
    std::string values;
    const std::string_view measurement = measurement_of(outer);
    std::string_view rest = outer.substr(measurement.size());
    for (std::size_t i = 0; !rest.empty(); ++i) {
        rest.remove_prefix(1);
        const std::string_view value = rest.substr(0, rest.find('\0'));
        rest.remove_prefix(value.size());
        if (value.empty()) continue;
        if (!names.empty()) {
            names += '|';
            values += '|';
        }
        names += dimensions[i];
        values += value;
    }
    if (!names.empty()) names += '|';
    return std::string(measurement) + '\0' + names + values;
}

// Calls `use` with the number of the tag set of each series.
template <typename Use>
void each_tag_set(const std::vector<Piece*>& pieces, Use&& use) {
    for (Piece* piece : pieces) {
        for (std::uint32_t& tag_set : piece->tag_sets) use(tag_set);
        if (piece->only_tag_set) use(*piece->only_tag_set);
    }
}

}  // namespace

PortionWalk::PortionWalk(std::uint32_t total, bool ascending)
    : total_(total), batch_(std::min(total, kTagSetsPerPortion)), ascending_(ascending) {}

// A portion that took next to nothing makes the next one eight times as large, one that took up to
// a quarter of the memory twice as large. A fuller one tells nothing about the tag sets behind it,
// and leaves the size as it is.
void PortionWalk::advance(std::uint64_t bytes, std::uint64_t bytes_max) {
    SLUICE_CHECK(!at_end());
    done_ += count();
    const std::uint32_t factor = bytes <= bytes_max / 16 ? 8 : bytes <= bytes_max / 4 ? 2 : 1;
    batch_ = std::min(batch_ * factor, std::max(batch_, std::min(total_, kTagSetsPerPortion)));
}

bool PortionWalk::shrink() {
    SLUICE_CHECK(!at_end());
    if (count() <= 1) return false;
    batch_ = std::max(1u, count() / 8);
    return true;
}

SeriesScan::SeriesScan(DataSource& source, SelectBudget& budget, SelectPlan plan,
                       std::shared_ptr<Grouping> grouping)
    : source_(source),
      budget_(budget),
      plan_(std::move(plan)),
      grouping_(std::move(grouping)),
      share_(budget) {
    budget_.add_scan();
}

io::Task<Result<void>> SeriesScan::prepare() {
    if (is_prepared_) co_return Result<void>();
    is_prepared_ = true;
    sessions_.resize(source_.core_count());
    SharingJob::Unshared unshared;
    if (GroupJob::asks_for_sharing(plan_)) {
        SharingJob sharing(plan_, source_.core_count());
        SLUICE_CO_TRY_VOID(co_await source_.run_on_every_core(sharing));
        unshared = sharing.unshared();
    }
    GroupJob group(plan_, budget_, sessions_, std::move(unshared));
    Result<void> grouped = co_await source_.run_on_every_core(group);
    if (!grouped.ok()) co_return std::move(grouped).error();
    std::uint64_t bytes = 0;
    for (const CoreSession& session : sessions_) bytes = std::max(bytes, session.memory_bytes);
    share_.set(bytes);
    // InfluxDB looks twice: while it lists, where one more than allowed passes, and again at those
    // that SLIMIT left.
    SLUICE_CO_TRY_VOID(check_series(budget_.series_max() + 1));
    number_tag_sets();
    if (plan_.limits.counts_series()) co_await limit_tag_sets();
    SLUICE_CO_TRY_VOID(check_series(budget_.series_max()));
    co_await find_shared();
    co_return Result<void>();
}

// Checks the number of series of one measurement in one shard group, over all stores.
Result<void> SeriesScan::check_series(std::uint64_t series_max) const {
    if (budget_.series_max() == 0) return {};
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<const Piece*>> pieces;
    for (const CoreSession& session : sessions_) {
        for (const Piece& piece : session.pieces) {
            pieces[{piece.source, piece.group}].push_back(&piece);
        }
    }
    for (const auto& [place, of_group] : pieces) {
        // A series that several stores hold counts once.
        std::unordered_set<std::string_view> keys;
        for (const Piece* piece : of_group) {
            for (std::size_t i = 0; i < piece->tag_sets.size(); ++i) {
                if (piece->tag_sets[i] == kNoTagSet) continue;
                keys.insert(piece->series.keys()[i]);
                if (keys.size() > series_max) return budget_.too_many_series();
            }
        }
    }
    return {};
}

// Sorts the tag sets of all cores together, which gives them the numbers of the query, and notes
// where each outer tag set begins. Then each core is told the new numbers of its own.
void SeriesScan::number_tag_sets() {
    std::vector<TagSetKey> all;
    for (const CoreSession& session : sessions_) {
        all.insert(all.end(), session.tag_sets.begin(), session.tag_sets.end());
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());

    const std::size_t outer_dimensions = grouping_->dimensions().size();
    outer_begins_.clear();
    std::optional<std::string> outer;
    for (TagSetKey& key : all) {
        const std::string_view here = outer_key(key, outer_dimensions);
        if (outer != here) {
            outer = here;
            outer_begins_.push_back(static_cast<std::uint32_t>(tag_sets_.size()));
        }
        tag_sets_.push_back(std::move(key));
    }
    outer_begins_.push_back(static_cast<std::uint32_t>(tag_sets_.size()));
    SLUICE_CHECK(outer_count() <= tag_sets_.size());

    // The texts of the cores are not needed any more: from here on, numbers stand for tag sets.
    for (CoreSession& session : sessions_) {
        std::vector<std::uint32_t> numbers;
        numbers.reserve(session.tag_sets.size());
        for (const TagSetKey& key : session.tag_sets) {
            const auto at = std::lower_bound(tag_sets_.begin(), tag_sets_.end(), key);
            SLUICE_CHECK(at != tag_sets_.end());
            numbers.push_back(static_cast<std::uint32_t>(at - tag_sets_.begin()));
        }
        session.renumber(numbers);
        session.tag_sets.clear();
    }
}

// SLIMIT and SOFFSET count the outer tag sets of each measurement in each shard group, whether they
// have rows or not (query/result.go: LimitTagSets; SOFFSET alone leaves none).
io::Task<void> SeriesScan::limit_tag_sets() {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<Piece*>> pieces;
    for (CoreSession& session : sessions_) {
        for (Piece& piece : session.pieces) pieces[{piece.source, piece.group}].push_back(&piece);
    }
    std::vector<std::uint32_t> outer_of(tag_sets_.size());
    for (std::uint32_t outer = 0; outer < outer_count(); ++outer) {
        std::fill(outer_of.begin() + outer_begins_[outer],
                  outer_of.begin() + outer_begins_[outer + 1], outer);
    }
    // While the outer tag sets of a group are gathered, `is_kept` says which of them have been
    // seen. Then it says which of them the limits leave. It is all 0 again when the next group
    // begins.
    std::vector<std::uint8_t> is_kept(outer_count());
    const std::size_t outer_dimensions = grouping_->dimensions().size();
    bool leaves_some = false;
    for (const auto& [place, of_group] : pieces) {
        // Two outer tag sets may have equal keys here, if a value has a bar in it: each counts.
        std::multimap<std::string, std::uint32_t> counted;
        each_tag_set(of_group, [&](std::uint32_t tag_set) {
            const std::uint32_t outer = outer_of[tag_set];
            if (std::exchange(is_kept[outer], 1) != 0) return;
            const std::string_view key = outer_key(tag_sets_[tag_set], outer_dimensions);
            counted.emplace(counting_key(key, plan_.dimensions), outer);
        });
        std::int64_t index = 0;
        for (const auto& [key, outer] : counted) {
            const std::int64_t after_offset = index++ - plan_.limits.series_offset;
            is_kept[outer] = after_offset >= 0 && after_offset < plan_.limits.series_limit ? 1 : 0;
            leaves_some = leaves_some || is_kept[outer] != 0;
        }
        each_tag_set(of_group, [&](std::uint32_t& tag_set) {
            if (is_kept[outer_of[tag_set]] == 0) tag_set = kNoTagSet;
        });
        for (const auto& [key, outer] : counted) is_kept[outer] = 0;
        co_await source_.breathe();
    }
    // Numbers stay as they are where some tag sets are left, since the pieces refer to them; those
    // without series give no rows. If none is left, the scan ends before it reads anything.
    if (leaves_some) co_return;
    tag_sets_.clear();
    outer_begins_.assign(1, 0);
}

// Finds hashes that several cores or stores have. The hashes of each core are sorted, so they are
// merged by a heap of their heads.
io::Task<void> SeriesScan::find_shared() {
    struct Head {
        const std::uint64_t* at;
        const std::uint64_t* end;
    };
    const auto is_later = [](const Head& a, const Head& b) { return *a.at > *b.at; };
    std::priority_queue<Head, std::vector<Head>, decltype(is_later)> heads(is_later);
    for (const CoreSession& session : sessions_) {
        const auto& hashes = session.series_hashes;
        if (!hashes.empty()) heads.push({hashes.data(), hashes.data() + hashes.size()});
    }
    std::vector<std::uint64_t> found;
    std::optional<std::uint64_t> last;
    // Equal hashes come one after the other, so the second of them shows that a series is shared,
    // and further ones (is_first) show nothing new.
    for (std::size_t count = 1; !heads.empty(); ++count) {
        Head head = heads.top();
        heads.pop();
        const bool is_first = found.empty() || found.back() != *head.at;
        if (last == *head.at && is_first) found.push_back(*head.at);
        last = *head.at;
        if (++head.at != head.end) heads.push(head);
        if (count % kHashesPerBreath == 0) co_await source_.breathe();
    }
    for (CoreSession& session : sessions_) session.series_hashes = {};
    co_await set_shared(std::move(found));
}

io::Task<void> SeriesScan::set_shared(std::vector<std::uint64_t> identities) {
    shared_ = {};
    shared_.make_room_for(identities.size());
    for (std::size_t i = 0; i < identities.size(); ++i) {
        shared_.insert(identities[i]);
        if (i % kHashesPerBreath == 0) co_await source_.breathe();
    }
}

std::string_view SeriesScan::measurement(std::uint32_t tag_set) const {
    return measurement_of(tag_sets_[tag_set]);
}

const TagSet* SeriesScan::tags(std::uint32_t tag_set) {
    SLUICE_CHECK(tag_set < tag_sets_.size());
    std::string_view rest = tag_sets_[tag_set];
    const std::string_view name = measurement_of(rest);
    rest.remove_prefix(name.size());
    // The values are put in the order of the names, as the grouping wants them.
    std::vector<std::string> values(plan_.dimensions.size());
    for (const std::string& dimension : plan_.dimensions) {
        rest.remove_prefix(1);
        const std::string_view value = rest.substr(0, rest.find('\0'));
        const std::vector<std::string>& names = grouping_->group_by();
        const auto at = std::lower_bound(names.begin(), names.end(), dimension);
        values[static_cast<std::size_t>(at - names.begin())] = value;
        rest.remove_prefix(value.size());
    }
    return grouping_->find(name, std::move(values));
}

ScanPortion SeriesScan::portion(std::uint32_t first_outer, std::uint32_t end_outer) const {
    SLUICE_CHECK(first_outer <= end_outer && end_outer <= outer_count());
    ScanPortion portion;
    portion.first_tag_set = outer_begins_[first_outer];
    portion.end_tag_set = outer_begins_[end_outer];
    model::TimeRange range{model::kTimestampMax, model::kTimestampMin};
    for (const PlannedSource& source : plan_.sources) {
        for (const model::ShardSlot& slot : source.groups) {
            range.begin = std::min(range.begin, slot.range.begin);
            range.end = std::max(range.end, slot.range.end);
        }
    }
    // The maximum of the query is inclusive and may be the last time there is, to which nothing can
    // be added; shard groups end before that.
    range.begin = std::max(range.begin, plan_.time_min);
    if (plan_.time_max < range.end) range.end = plan_.time_max + 1;
    portion.range = range;
    return portion;
}

std::uint64_t SeriesScan::chunk_bytes_max() const {
    return budget_.memory_left() / 2 / std::max(1u, source_.core_count());
}

}  // namespace sluice::query
