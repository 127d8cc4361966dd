#include "engine/names/series_gate.h"

#include <algorithm>

namespace sluice::engine {
namespace {

// Of rows that are refused: a body may have hundreds of thousands, and the first few tell.
constexpr std::size_t kRefusalsTold = 100;

}  // namespace

std::string too_many_series_text(std::uint64_t series_max) {
    return "max-series-per-database limit exceeded: (" + std::to_string(series_max) + ")";
}

SeriesGate::Known& SeriesGate::known(std::string_view database, std::uint64_t head_id) {
    auto found = databases_.find(database);
    if (found == databases_.end()) found = databases_.try_emplace(std::string(database)).first;
    if (found->second.head_id != head_id) found->second = {head_id, {}};
    return found->second;
}

std::vector<model::SeriesId> SeriesGate::unknown(std::string_view database, std::uint64_t head_id,
                                                 const model::PointBatch& batch) {
    const std::vector<bool>& admitted = known(database, head_id).admitted;
    std::vector<model::SeriesId> series;
    for (std::size_t i = 0; i < batch.table_count(); ++i) {
        for (const model::SeriesId each : batch.table_at(i).series) {
            if (each < admitted.size() && admitted[each]) continue;
            if (series.empty() || series.back() != each) series.push_back(each);
        }
    }
    std::sort(series.begin(), series.end());
    series.erase(std::unique(series.begin(), series.end()), series.end());
    return series;
}

void SeriesGate::admit(std::string_view database, std::uint64_t head_id, model::SeriesId series) {
    std::vector<bool>& admitted = known(database, head_id).admitted;
    if (series >= admitted.size()) admitted.resize(std::size_t{series} + 1);
    admitted[series] = true;
}

void SeriesGate::forget(std::string_view database) {
    const auto found = databases_.find(database);
    if (found != databases_.end()) databases_.erase(found);
}

std::uint64_t SeriesGate::remove(const std::vector<model::SeriesId>& refused,
                                 const RefusalText& text, model::PointBatch& batch,
                                 std::vector<model::Rejection>& rejections) {
    std::uint64_t removed = 0;
    const std::size_t told_before = rejections.size();
    for (std::size_t i = 0; i < batch.table_count(); ++i) {
        model::BatchTable& table = batch.table_at(i);
        std::vector<bool> drop;
        for (std::uint32_t row = 0; row < table.rows(); ++row) {
            const auto found = std::lower_bound(refused.begin(), refused.end(), table.series[row]);
            if (found == refused.end() || *found != table.series[row]) continue;
            if (drop.empty()) drop.resize(table.rows());
            drop[row] = true;
            ++removed;
            if (rejections.size() - told_before >= kRefusalsTold) continue;
            rejections.push_back({model::RejectReason::kLimit, table.lines[row],
                                  text(static_cast<std::size_t>(found - refused.begin()))});
        }
        if (drop.empty()) continue;
        table.drop_rows(drop);
        table.remove_empty_columns();
    }
    batch.remove_empty_tables();
    std::stable_sort(rejections.begin() + static_cast<std::ptrdiff_t>(told_before),
                     rejections.end(),
                     [](const auto& a, const auto& b) { return a.line < b.line; });
    return removed;
}

}  // namespace sluice::engine
