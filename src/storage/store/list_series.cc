// This file lists what a store knows of a shard group without its rows: series and measurements.
#include "storage/store/list_series.h"

#include <algorithm>
#include <set>

#include "storage/files/device_failure.h"
#include "storage/memtable/memtable.h"
#include "storage/memtable/memtable_order.h"
#include "storage/memtable/table_postings.h"
#include "storage/segment/segment_keys.h"
#include "storage/segment/segment_source.h"
#include "storage/store/answer_sieve.h"

namespace sluice::storage {
namespace {

// Steps between looks at the clock.
constexpr std::size_t kKeysPerLook = 1024;
// More keys than this are sorted in slices.
constexpr std::size_t kSortAtOnceMax = 2048;

// Merges two sorted lists; equal keys are there once.
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

// Keys between looks at the clock where `sieve`, which may be null, sees each.
std::size_t keys_per_look(const SeriesSieve* sieve) {
    if (sieve == nullptr) return kKeysPerLook;
    return std::max<std::size_t>(1, kKeysPerLook / std::max<std::size_t>(1, sieve->cost()));
}

io::Task<SeriesList> sifted(io::Reactor& reactor, SeriesList all, SeriesSieve& sieve) {
    SeriesList list;
    std::size_t count = 0;
    const std::size_t per_look = keys_per_look(&sieve);
    for (const std::string_view key : all.keys()) {
        if (++count % per_look == 0 && reactor.needs_yield()) co_await reactor.yield();
        if (sieve.keeps(key)) list.add(key);
    }
    co_return list;
}

// Returns those of `keys` that have a row which no delete covers.
io::Task<Result<SeriesList>> list_kept(SegmentPtr segment, const SegmentReader* reader,
                                       std::string measurement, std::vector<std::string> keys,
                                       DeleteFilter deletes, OnDamage on_damage) {
    SegmentSource::Options options;
    options.on_damage = std::move(on_damage);
    options.measurement = measurement;
    options.keys = &keys;
    options.deletes = std::move(deletes);
    SLUICE_CO_TRY(const auto source,
                  co_await SegmentSource::open(segment, reader, segment->record().meta.sequence_max,
                                               std::move(options)));
    SeriesList list;
    while (source != nullptr && source->state() != RowSource::State::kEnd) {
        if (source->state() == RowSource::State::kLoad) {
            SLUICE_CO_TRY_VOID(co_await source->load());
            continue;
        }
        if (list.keys().empty() || list.keys().back() != source->key()) list.add(source->key());
        source->consume(source->slice().rows());
    }
    co_return list;
}

// Most series are kept or deleted as a whole; only of the others the rows are looked at.
io::Task<Result<SeriesList>> list_segment(io::Reactor& reactor, SegmentPtr segment,
                                          std::string measurement, Tombstones tombstones,
                                          SeriesSieve* sieve, const OnDamage& on_damage) {
    SLUICE_CO_TRY(const SegmentReader* reader, co_await segment->reader());
    const SegmentMeasurement* found = reader->find_measurement(measurement);
    if (found == nullptr) co_return SeriesList();
    DeleteScope scope = segment->delete_scope(measurement);
    scope.range = {found->time_min, found->time_max + 1};
    DeleteFilter deletes(std::move(tombstones), scope);
    if (deletes.covers_everything()) co_return SeriesList();
    SLUICE_CO_TRY(const auto index, co_await reader->load_index(*found));
    if (sieve != nullptr && deletes.empty()) {
        SLUICE_CO_TRY(const bool answered,
                      co_await answer_sieve(reactor, *reader, *found, *index, *sieve, on_damage));
        if (answered) co_return SeriesList();
    }
    SegmentKeys keys(reactor, *reader, *found, *index,
                     sieve == nullptr ? nullptr : sieve->choice());
    SLUICE_CO_TRY_VOID(co_await keys.prepare());
    SeriesList list;
    std::vector<std::string> uncertain;
    std::size_t count = 0;
    const std::size_t per_look = keys_per_look(sieve);
    for (std::uint32_t batch = 0; batch < keys.batch_count(); ++batch) {
        if (keys.is_empty(batch)) continue;
        auto read = co_await keys.read_batch(batch);
        if (!read.ok() && is_damage(read.error()) && keys.let_go()) {
            read = co_await keys.read_batch(batch);
        }
        if (!read.ok() && on_damage(read.error())) continue;
        SLUICE_CO_TRY(SeriesList all, std::move(read));
        if (keys.batch_count() == 1 && deletes.empty() && sieve == nullptr) co_return all;
        for (const std::string_view key : all.keys()) {
            if (++count % per_look == 0 && reactor.needs_yield()) co_await reactor.yield();
            deletes.choose(key);
            const bool touched = deletes.touches_series();
            if (touched && deletes.covers_all(found->time_min, found->time_max)) continue;
            if (touched) {
                uncertain.emplace_back(key);
            } else if (sieve == nullptr || sieve->keeps(key)) {
                list.add(key);
            }
        }
    }
    if (uncertain.empty()) co_return list;
    SLUICE_CO_TRY(SeriesList kept,
                  co_await list_kept(segment, reader, std::move(measurement), std::move(uncertain),
                                     std::move(deletes), on_damage));
    if (sieve != nullptr) kept = co_await sifted(reactor, std::move(kept), *sieve);
    SeriesList merged = co_await merge_lists(reactor, std::move(list), std::move(kept));
    co_return merged;
}

// Every series that has a row and that `sieve` keeps.
io::Task<SeriesList> list_written(io::Reactor& reactor, std::shared_ptr<const Head> head,
                                  std::shared_ptr<Memtable> table, SeriesSieve* sieve) {
    const model::SeriesIndex& index = head->series_index();
    TablePostings& postings = table->postings();
    co_await postings.carry_on(reactor);
    if (sieve != nullptr) {
        const bool answered = co_await postings.answer(reactor, *sieve);
        if (answered) co_return SeriesList();
    }
    std::optional<std::vector<model::SeriesId>> chosen;
    if (sieve != nullptr && sieve->choice() != nullptr) {
        chosen = co_await postings.find(reactor, *sieve->choice());
    }
    // Others may add to the postings meanwhile.
    const std::size_t count = chosen ? chosen->size() : postings.series().size();
    std::vector<model::SeriesId> kept;
    const std::size_t per_look = keys_per_look(sieve);
    for (std::size_t i = 0; i < count; ++i) {
        const model::SeriesId id = chosen ? (*chosen)[i] : postings.series()[i];
        if (sieve == nullptr || sieve->keeps(index.key(id))) kept.push_back(id);
        if (i % per_look == 0 && reactor.needs_yield()) co_await reactor.yield();
    }
    SeriesList list;
    if (kept.size() <= kSortAtOnceMax) {
        std::sort(kept.begin(), kept.end(), [&](model::SeriesId a, model::SeriesId b) {
            return index.key(a) < index.key(b);
        });
        for (const model::SeriesId id : kept) list.add(index.key(id));
        co_return list;
    }
    PodVector<std::uint8_t> is_kept;
    is_kept.append_copies(index.series_count(), 0);
    for (const model::SeriesId id : kept) is_kept[id] = 1;
    const model::MeasurementId measurement = table->measurement();
    const auto order = co_await SeriesOrder::of_measurement(reactor, head, measurement);
    const std::uint32_t sorted = order->count(measurement);
    for (std::uint32_t rank = 0; rank < sorted; ++rank) {
        const model::SeriesId id = order->series(measurement, rank);
        if (id < is_kept.size() && is_kept[id] != 0) list.add(index.key(id));
        if (rank % kKeysPerLook == 0 && reactor.needs_yield()) co_await reactor.yield();
    }
    co_return list;
}

io::Task<SeriesList> list_memtable(io::Reactor& reactor, std::shared_ptr<const Head> head,
                                   std::shared_ptr<Memtable> table, Tombstones tombstones,
                                   SeriesSieve* sieve) {
    DeleteFilter deletes(std::move(tombstones), delete_scope(*head, *table));
    if (deletes.empty()) {
        SeriesList written = co_await list_written(reactor, head, table, sieve);
        co_return written;
    }
    const auto order = co_await SeriesOrder::of_measurement(reactor, head, table->measurement());
    const OrderedRows rows =
        co_await order_rows(reactor, head, table, table->rows(), *order, {}, std::move(deletes));
    SeriesList list;
    const std::size_t per_look = keys_per_look(sieve);
    std::size_t count = 0;
    for (const auto& each : rows.series) {
        if (++count % per_look == 0 && reactor.needs_yield()) co_await reactor.yield();
        const std::string_view key = head->series_index().key(each.series);
        if (sieve == nullptr || sieve->keeps(key)) list.add(key);
    }
    co_return list;
}

// `parts` and `count` outlive what is returned.
OnDamage note_damage(StoreParts& parts, const SegmentPtr& segment, std::uint64_t& count) {
    return [&parts, segment, &count](const Error& error) {
        if (!is_damage(error)) return false;
        parts.quarantine().report(segment, error, false);
        ++count;
        return true;
    };
}

std::vector<std::shared_ptr<Head>> heads_of(StoreParts& parts) {
    std::vector<std::shared_ptr<Head>> heads;
    parts.heads().for_each([&heads](const Generation& each) { heads.push_back(each.head); });
    return heads;
}

}  // namespace

// Heads and segments are taken before the first wait, so a flush or merge in between makes no
// series appear twice or vanish. The lists are sorted, and merged one after the other.
io::Task<Result<SeriesList>> list_store_series(StoreParts& parts, model::ShardGroupId group,
                                               std::string measurement, SeriesSieve* sieve,
                                               Epoch view) {
    SeriesList list;
    if (parts.groups().is_dropped(group)) co_return list;
    std::uint64_t missing = 0;
    const Tombstones tombstones = parts.deletes().tombstones();
    const std::vector<std::shared_ptr<Head>> heads = heads_of(parts);
    const std::vector<SegmentPtr> segments = parts.segments().of_group(group, view);
    for (const SegmentPtr& each : segments) {
        const OnDamage on_damage = note_damage(parts, each, missing);
        auto keys =
            co_await list_segment(parts.reactor(), each, measurement, tombstones, sieve, on_damage);
        if (!keys.ok() && on_damage(keys.error())) continue;
        if (!keys.ok()) co_return std::move(keys).error();
        if (list.keys().empty()) {
            list = std::move(*keys);
        } else {
            list = co_await merge_lists(parts.reactor(), std::move(list), std::move(*keys));
        }
        if (parts.reactor().needs_yield()) co_await parts.reactor().yield();
    }
    for (const std::shared_ptr<Head>& each : heads) {
        const std::shared_ptr<Memtable> table = each->find(group, measurement);
        if (table == nullptr || table->rows() == 0) continue;
        SeriesList keys = co_await list_memtable(parts.reactor(), each, table, tombstones, sieve);
        if (list.keys().empty()) {
            list = std::move(keys);
        } else {
            list = co_await merge_lists(parts.reactor(), std::move(list), std::move(keys));
        }
    }
    list.set_parts_missing(missing);
    co_return list;
}

// Looks for a single series, from the cheapest place to the dearest: a memtable or footer that no
// delete can touch answers at once, and only otherwise keys are read.
io::Task<Result<bool>> store_has_series(StoreParts& parts, model::ShardGroupId group,
                                        std::string measurement, Epoch view) {
    if (parts.groups().is_dropped(group)) co_return false;
    const Tombstones tombstones = parts.deletes().tombstones();
    const std::vector<SegmentPtr> segments = parts.segments().of_group(group, view);
    for (const std::shared_ptr<Head>& each : heads_of(parts)) {
        const std::shared_ptr<Memtable> table = each->find(group, measurement);
        if (table == nullptr || table->rows() == 0) continue;
        const DeleteFilter deletes(tombstones, delete_scope(*each, *table));
        if (deletes.empty()) co_return true;
        if (deletes.covers_everything()) continue;
        const SeriesList kept =
            co_await list_memtable(parts.reactor(), each, table, tombstones, nullptr);
        if (!kept.keys().empty()) co_return true;
    }
    std::uint64_t missing = 0;
    for (const SegmentPtr& each : segments) {
        const OnDamage on_damage = note_damage(parts, each, missing);
        auto opened = co_await each->reader();
        if (!opened.ok() && on_damage(opened.error())) continue;
        SLUICE_CO_TRY(const SegmentReader* reader, std::move(opened));
        if (reader->find_measurement(measurement) == nullptr) continue;
        if (DeleteFilter(tombstones, each->delete_scope(measurement)).empty()) co_return true;
        auto kept = co_await list_segment(parts.reactor(), each, measurement, tombstones, nullptr,
                                          on_damage);
        if (!kept.ok() && on_damage(kept.error())) continue;
        if (!kept.ok()) co_return std::move(kept).error();
        if (!kept->keys().empty()) co_return true;
    }
    co_return false;
}

io::Task<Result<std::vector<std::string>>> list_store_measurements(StoreParts& parts,
                                                                   model::ShardGroupId group,
                                                                   Epoch view) {
    std::set<std::string> names;
    if (parts.groups().is_dropped(group)) co_return std::vector<std::string>();
    const auto add_head = [&](const Head& head) {
        for (const auto& [key, table] : head.memtables()) {
            if (key.group != group || table->rows() == 0) continue;
            names.emplace(head.series_index().measurement_name(key.measurement));
        }
    };
    parts.heads().for_each([&add_head](const Generation& each) { add_head(*each.head); });
    const std::vector<SegmentPtr> segments = parts.segments().of_group(group, view);
    std::uint64_t missing = 0;
    for (const SegmentPtr& each : segments) {
        auto opened = co_await each->reader();
        if (!opened.ok() && note_damage(parts, each, missing)(opened.error())) continue;
        SLUICE_CO_TRY(const SegmentReader* reader, std::move(opened));
        for (const SegmentMeasurement& measurement : reader->measurements()) {
            names.insert(measurement.name);
        }
    }
    std::vector<std::string> kept;
    for (const std::string& each : names) {
        SLUICE_CO_TRY(const bool has_rows, co_await store_has_series(parts, group, each, view));
        if (has_rows) kept.push_back(each);
    }
    co_return kept;
}

io::Task<Result<SeriesList>> Store::list_series(model::ShardGroupId group, std::string measurement,
                                                SeriesSieve* sieve, Epoch view) {
    return list_store_series(*parts_, group, std::move(measurement), sieve, view);
}
io::Task<Result<bool>> Store::has_series(model::ShardGroupId group, std::string measurement,
                                         Epoch view) {
    return store_has_series(*parts_, group, std::move(measurement), view);
}
io::Task<Result<std::vector<std::string>>> Store::list_measurements(model::ShardGroupId group,
                                                                    Epoch view) {
    return list_store_measurements(*parts_, group, view);
}

}  // namespace sluice::storage
