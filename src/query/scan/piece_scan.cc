#include "query/scan/piece_scan.h"

#include <algorithm>

namespace sluice::query {

PieceScan::PieceScan(const SelectPlan& plan, const Piece& piece, const DuplicateSeries& duplicates,
                     const ScanPortion& portion, SeriesChoice choice)
    : plan_(plan), piece_(piece), duplicates_(duplicates), portion_(portion), choice_(choice) {
    if (!plan.sources[piece.source].groups[piece.group].range.overlaps(portion.range)) return;
    if (piece.only_tag_set) {
        wanted_count_ = is_in_portion(*piece.only_tag_set) && !nothing_chosen() ? 1 : 0;
        return;
    }
    bool is_duplicate = false;
    for (std::size_t i = 0; i < piece.tag_sets.size(); ++i) {
        wanted_count_ += is_wanted(i, is_duplicate) ? 1 : 0;
    }
}

bool PieceScan::is_in_portion(std::uint32_t tag_set) const {
    return tag_set != kNoTagSet && tag_set >= portion_.first_tag_set &&
           tag_set < portion_.end_tag_set;
}

bool PieceScan::nothing_chosen() const {
    return choice_ == SeriesChoice::kDuplicatesOnly && duplicates_.empty();
}

bool PieceScan::is_chosen(bool is_duplicate) const {
    return choice_ == SeriesChoice::kAll ||
           is_duplicate == (choice_ == SeriesChoice::kDuplicatesOnly);
}

bool PieceScan::is_duplicate(std::string_view key) const {
    return !duplicates_.empty() &&
           std::binary_search(duplicates_.begin(), duplicates_.end(),
                              series_identity(key, piece_.source, piece_.group));
}

bool PieceScan::is_wanted(std::size_t index, bool& is_duplicate) const {
    if (!is_in_portion(piece_.tag_sets[index])) return false;
    is_duplicate = this->is_duplicate(piece_.series.keys()[index]);
    return is_chosen(is_duplicate);
}

storage::ScanSpec PieceScan::spec(const ScanColumns& columns) const {
    const PlannedSource& source = plan_.sources[piece_.source];
    storage::ScanSpec spec;
    spec.group = source.groups[piece_.group].group;
    spec.measurement = source.measurement;
    spec.fields = columns.names;
    spec.range = portion_.range;
    if (piece_.only_tag_set) return spec;
    if (!piece_.is_filtered && wanted_count_ == piece_.series.keys().size()) return spec;
    std::vector<std::string> wanted;
    wanted.reserve(wanted_count_);
    bool is_duplicate = false;
    for (std::size_t i = 0; i < piece_.tag_sets.size(); ++i) {
        if (is_wanted(i, is_duplicate)) wanted.emplace_back(piece_.series.keys()[i]);
    }
    spec.series = std::move(wanted);
    return spec;
}

PieceScan::Step PieceScan::step(std::string_view key) {
    if (key == current_ && !current_.empty()) {
        return place_ ? Step::kSameSeries : Step::kNotWanted;
    }
    current_ = key;
    place_ = place_of(key);
    return place_ ? Step::kNewSeries : Step::kNotWanted;
}

std::optional<PieceScan::SeriesPlace> PieceScan::place_of(std::string_view key) {
    if (piece_.only_tag_set) {
        const bool is_duplicate = this->is_duplicate(key);
        if (!is_chosen(is_duplicate)) return std::nullopt;
        return SeriesPlace{*piece_.only_tag_set, is_duplicate};
    }
    const auto& keys = piece_.series.keys();
    while (next_ < keys.size() && keys[next_] < key) ++next_;
    if (next_ == keys.size() || keys[next_] != key) return std::nullopt;
    bool is_duplicate = false;
    if (!is_wanted(next_, is_duplicate)) return std::nullopt;
    return SeriesPlace{piece_.tag_sets[next_], is_duplicate};
}

}  // namespace sluice::query
