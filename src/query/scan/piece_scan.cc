#include "query/scan/piece_scan.h"

#include "sluice/base/check.h"

namespace sluice::query {

PieceScan::PieceScan(const SelectPlan& plan, const Piece& piece, const SharedSeries& shared,
                     const ScanPortion& portion, SeriesChoice choice)
    : plan_(plan), piece_(piece), shared_(shared), portion_(portion), choice_(choice) {
    SLUICE_CHECK(piece.source < plan.sources.size());
    SLUICE_CHECK(piece.group < plan.sources[piece.source].groups.size());
    SLUICE_CHECK(portion.first_tag_set <= portion.end_tag_set);
    SLUICE_CHECK(piece.tag_sets.size() == piece.series.keys().size());
    // The piece stays empty then, and its caller opens no reader.
    if (!plan.sources[piece.source].groups[piece.group].range.overlaps(portion.range)) return;
    if (piece.only_tag_set) {
        // How many series are wanted is not known, only whether there may be any.
        wanted_count_ = is_in_portion(*piece.only_tag_set) && !nothing_chosen() ? 1 : 0;
        return;
    }
    bool is_shared = false;
    for (std::size_t i = 0; i < piece.tag_sets.size(); ++i) {
        wanted_count_ += is_wanted(i, is_shared) ? 1 : 0;
    }
}

bool PieceScan::is_in_portion(std::uint32_t tag_set) const {
    return tag_set != kNoTagSet && tag_set >= portion_.first_tag_set &&
           tag_set < portion_.end_tag_set;
}

bool PieceScan::nothing_chosen() const {
    return choice_ == SeriesChoice::kSharedOnly && shared_.empty();
}

bool PieceScan::is_chosen(bool is_shared) const {
    return choice_ == SeriesChoice::kAll || is_shared == (choice_ == SeriesChoice::kSharedOnly);
}

bool PieceScan::is_shared(std::string_view key) const {
    return !shared_.empty() && shared_.contains(series_identity(key, piece_.source, piece_.group));
}

bool PieceScan::is_wanted(std::size_t index, bool& is_shared) const {
    if (!is_in_portion(piece_.tag_sets[index])) return false;
    is_shared = this->is_shared(piece_.series.keys()[index]);
    return is_chosen(is_shared);
}

// A list of series costs a comparison for each series of the store. If every one is wanted, it is
// left out: the listing excluded none (is_filtered) and neither does the portion.
storage::ScanSpec PieceScan::spec(const ScanColumns& columns) const {
    const PlannedSource& source = plan_.sources[piece_.source];
    storage::ScanSpec spec;
    spec.group = source.groups[piece_.group].group;
    spec.measurement = source.measurement;
    spec.fields = columns.names;
    spec.range = portion_.range;
    spec.only_at_home = piece_.only_at_home;
    if (piece_.only_tag_set) return spec;
    if (!piece_.is_filtered && wanted_count_ == piece_.series.keys().size()) return spec;
    std::vector<std::string> wanted;
    wanted.reserve(wanted_count_);
    bool is_shared = false;
    for (std::size_t i = 0; i < piece_.tag_sets.size(); ++i) {
        if (is_wanted(i, is_shared)) wanted.emplace_back(piece_.series.keys()[i]);
    }
    SLUICE_CHECK(wanted.size() == wanted_count_);
    spec.series = std::move(wanted);
    return spec;
}

PieceScan::Step PieceScan::step(std::string_view key) {
    // Keys are never empty: an empty current_ means that no run has come yet.
    if (key == current_ && !current_.empty()) {
        return place_ ? Step::kSameSeries : Step::kNotWanted;
    }
    current_ = key;
    place_ = place_of(key);
    return place_ ? Step::kNewSeries : Step::kNotWanted;
}

// A series that came into being after the listing is in no list, and is not wanted. Where the
// series were too many to list it is read: then all are of one tag set, whatever their keys.
std::optional<PieceScan::SeriesPlace> PieceScan::place_of(std::string_view key) {
    if (piece_.only_tag_set) {
        const bool is_shared = this->is_shared(key);
        if (!is_chosen(is_shared)) return std::nullopt;
        return SeriesPlace{*piece_.only_tag_set, is_shared};
    }
    const auto& keys = piece_.series.keys();
    while (next_ < keys.size() && keys[next_] < key) ++next_;
    if (next_ == keys.size() || keys[next_] != key) return std::nullopt;
    bool is_shared = false;
    if (!is_wanted(next_, is_shared)) return std::nullopt;
    return SeriesPlace{piece_.tag_sets[next_], is_shared};
}

}  // namespace sluice::query
