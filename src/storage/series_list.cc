// What a store knows of a shard group without its rows: series and measurements.
#include "storage/series_list.h"

#include <algorithm>
#include <set>

#include "storage/memtable.h"
#include "storage/memtable_order.h"

namespace sluice::storage {
namespace {

// Steps between looks at the clock.
constexpr std::size_t kKeysPerLook = 1024;

// Both sorted; equal keys once.
io::Task<SeriesList> merge_lists(io::Reactor& reactor, SeriesList a, SeriesList b) {
    SeriesList merged;
    auto left = a.keys().begin();
    auto right = b.keys().begin();
    while (left != a.keys().end() || right != b.keys().end()) {
        if (right == b.keys().end() || (left != a.keys().end() && *left < *right)) {
            merged.add(*left++);
        } else {
            if (left != a.keys().end() && *left == *right) ++left;
            merged.add(*right++);
        }
        if (merged.keys().size() % kKeysPerLook == 0 && reactor.needs_yield()) {
            co_await reactor.yield();
        }
    }
    co_return merged;
}

io::Task<Result<SeriesList>> list_segment(SegmentPtr segment, std::string measurement) {
    SLUICE_CO_TRY(const SegmentReader* reader, co_await segment->reader());
    const SegmentMeasurement* found = reader->find_measurement(measurement);
    if (found == nullptr) co_return SeriesList();
    SLUICE_CO_TRY(const auto index, co_await reader->load_index(*found));
    SLUICE_CO_TRY(SeriesList list, co_await reader->read_series(*found, *index));
    co_return list;
}

io::Task<SeriesList> list_memtable(io::Reactor& reactor, std::shared_ptr<const Head> head,
                                   std::shared_ptr<const Memtable> table) {
    const SeriesOrder order = co_await SeriesOrder::sort(reactor, head, table->measurement());
    const OrderedRows rows = co_await order_rows(reactor, table, table->rows(), order, {});
    SeriesList list;
    for (const auto& each : rows.series) list.add(head->series_index().key(each.series));
    co_return list;
}

}  // namespace

io::Task<Result<SeriesList>> list_store_series(StoreCore& core, model::ShardGroupId group,
                                               std::string measurement) {
    SeriesList list;
    if (core.is_dropped(group)) co_return list;
    std::vector<std::shared_ptr<Head>> heads;
    for (const auto& each : core.frozen()) heads.push_back(each->head);
    heads.push_back(core.active().head);
    const std::vector<SegmentPtr> segments = core.segments_of(group);
    for (const SegmentPtr& each : segments) {
        auto keys = co_await list_segment(each, measurement);
        if (!keys.ok()) {
            if (keys.error().kind == ErrorKind::kCorrupt) {
                core.report_damage(each, keys.error(), false);
            }
            co_return std::move(keys).error();
        }
        if (list.keys().empty()) {
            list = std::move(*keys);
        } else {
            list = co_await merge_lists(core.reactor(), std::move(list), std::move(*keys));
        }
        if (core.reactor().needs_yield()) co_await core.reactor().yield();
    }
    for (const std::shared_ptr<Head>& each : heads) {
        const std::shared_ptr<Memtable> table = each->find(group, measurement);
        if (table == nullptr || table->rows() == 0) continue;
        SeriesList keys = co_await list_memtable(core.reactor(), each, table);
        if (list.keys().empty()) {
            list = std::move(keys);
        } else {
            list = co_await merge_lists(core.reactor(), std::move(list), std::move(keys));
        }
    }
    co_return list;
}

io::Task<Result<std::vector<std::string>>> list_store_measurements(StoreCore& core,
                                                                   model::ShardGroupId group) {
    std::set<std::string> names;
    if (core.is_dropped(group)) co_return std::vector<std::string>();
    const auto add_head = [&](const Head& head) {
        for (const auto& [key, table] : head.memtables()) {
            if (key.group != group || table->rows() == 0) continue;
            names.emplace(head.series_index().measurement_name(key.measurement));
        }
    };
    for (const auto& each : core.frozen()) add_head(*each->head);
    add_head(*core.active().head);
    const std::vector<SegmentPtr> segments = core.segments_of(group);
    for (const SegmentPtr& each : segments) {
        SLUICE_CO_TRY(const SegmentReader* reader, co_await each->reader());
        for (const SegmentMeasurement& measurement : reader->measurements()) {
            names.insert(measurement.name);
        }
    }
    co_return std::vector<std::string>(names.begin(), names.end());
}

io::Task<Result<SeriesList>> Store::list_series(model::ShardGroupId group,
                                                std::string measurement) {
    return list_store_series(*core_, group, std::move(measurement));
}
io::Task<Result<std::vector<std::string>>> Store::list_measurements(model::ShardGroupId group) {
    return list_store_measurements(*core_, group);
}

}  // namespace sluice::storage
