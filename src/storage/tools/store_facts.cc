// The catalog's part of what segments, manifest and logs of a store say.
#include "sluice/storage/store_facts.h"

#include <algorithm>

#include "sluice/io/file.h"
#include "sluice/io/reactor.h"
#include "storage/files/device_failure.h"
#include "storage/files/file_names.h"
#include "storage/files/list_entries.h"
#include "storage/manifest/manifest.h"
#include "storage/segment/segment.h"
#include "storage/wal/wal_decoder.h"
#include "storage/wal/wal_reader.h"

namespace sluice::storage {
namespace {

// What is being put together.
class FactCollector {
public:
    explicit FactCollector(StoreFacts& facts) : facts_(facts) {}

    void add_field(model::ShardGroupId group, const std::string& measurement,
                   const std::string& field, model::FieldType type) {
        FieldTypes& fields = facts_.groups[group].measurements[measurement];
        const auto [known, added] = fields.try_emplace(field, type);
        if (added || known->second == type) return;
        facts_.damage.push_back("field " + field + " of " + measurement + " in shard group " +
                                std::to_string(group) + " has two types");
    }
    void add_times(model::ShardGroupId group, model::Timestamp first, model::Timestamp last) {
        std::optional<model::TimeRange>& rows = facts_.groups[group].rows;
        if (!rows) rows = model::TimeRange{first, last + 1};
        rows->begin = std::min(rows->begin, first);
        rows->end = std::max(rows->end, last + 1);
    }
    void add_sequence(std::uint64_t sequence) {
        facts_.sequence_max = std::max(facts_.sequence_max, sequence);
    }
    void add_segment(const SegmentReader& reader) {
        const SegmentMeta& meta = reader.meta();
        if (meta.rows == 0) return;
        add_sequence(meta.sequence_max);
        add_times(meta.group, meta.time_min, meta.time_max);
        for (const SegmentMeasurement& each : reader.measurements()) {
            for (const SegmentColumn& column : each.columns) {
                add_field(meta.group, each.name, column.name, column.type);
            }
        }
    }
    void add_damage(std::string text) { facts_.damage.push_back(std::move(text)); }

private:
    StoreFacts& facts_;
};

// Of one head's log. What it does not define any more is left out.
class FactVisitor final : public WalVisitor {
public:
    FactVisitor(FactCollector& facts, const ManifestState& state) : facts_(facts), state_(state) {}

    Result<void> on_series(std::uint32_t, std::string_view) override { return {}; }
    Result<void> on_table(std::uint32_t memtable, model::ShardGroupId group,
                          std::string_view measurement) override {
        tables_[memtable] = {group, std::string(measurement), {}};
        return {};
    }
    Result<void> on_column(std::uint32_t memtable, std::uint32_t column, model::FieldType,
                           std::string_view name) override {
        const auto table = tables_.find(memtable);
        if (table != tables_.end()) table->second.columns[column] = name;
        return {};
    }
    Result<void> on_rows(WalRows& rows) override {
        facts_.add_sequence(rows.sequence);
        const auto found = tables_.find(rows.memtable);
        if (found == tables_.end()) return {};
        const Table& table = found->second;
        if (state_.dropped_groups.contains(table.group)) return {};
        const auto [first, last] =
            std::minmax_element(rows.table.times.begin(), rows.table.times.end());
        facts_.add_times(table.group, *first, *last);
        for (std::uint32_t i = 0; i < rows.table.column_count; ++i) {
            const auto column = table.columns.find(rows.columns[i]);
            if (column == table.columns.end()) continue;
            facts_.add_field(table.group, table.measurement, column->second,
                             rows.table.columns[i].type);
        }
        return {};
    }

private:
    struct Table {
        model::ShardGroupId group = 0;
        std::string measurement;
        std::map<std::uint32_t, std::string> columns;
    };
    FactCollector& facts_;
    const ManifestState& state_;
    std::map<std::uint32_t, Table> tables_;
};

io::Task<Result<void>> read_segment(io::Reactor& reactor, std::string path, FactCollector& facts) {
    SLUICE_CO_TRY(io::File file, co_await io::File::open(reactor, path, io::OpenMode::kRead));
    Result<void> read;
    const Result<std::uint64_t> size = co_await file.size();
    if (size.ok()) {
        SequentialAccess access(file, *size);
        auto reader = co_await SegmentReader::open(access, path);
        if (reader.ok()) {
            facts.add_segment(**reader);
        } else {
            read = std::move(reader).error();
        }
    } else {
        read = size.error();
    }
    co_await file.close();
    co_return read;
}

io::Task<Result<void>> read_segments(io::Reactor& reactor, std::string directory,
                                     const ManifestState& state, FactCollector& facts) {
    SLUICE_CO_TRY(const auto groups, co_await list_entries(reactor, shards_directory(directory)));
    for (const io::DirectoryEntry& each : groups) {
        const auto group = parse_group_name(each.name);
        if (!group || !each.is_directory || state.dropped_groups.contains(*group)) continue;
        SLUICE_CO_TRY(const auto files,
                      co_await list_entries(reactor, group_directory(directory, *group)));
        for (const io::DirectoryEntry& file : files) {
            const auto id = file.is_directory ? std::nullopt : parse_segment_name(file.name);
            if (!id) continue;
            const Result<void> read =
                co_await read_segment(reactor, segment_path(directory, *group, *id), facts);
            if (!read.ok()) facts.add_damage(read.error().message);
        }
    }
    co_return Result<void>();
}

struct LogStart {
    std::string path;
    WalFrameHeader first;
    bool is_damaged = false;
};

// Nothing: the file is spare, or its head is in segments.
io::Task<Result<std::optional<LogStart>>> read_log_start(io::Reactor& reactor, std::string path,
                                                         const ManifestState& state) {
    LogStart start;
    start.path = path;
    SLUICE_CO_TRY(io::File file, co_await io::File::open(reactor, path, io::OpenMode::kRead));
    SLUICE_CO_TRY(const std::uint64_t size, co_await file.size());
    WalReader reader(file, size);
    Result<WalHeaderState> begin = co_await reader.read_first(start.first);
    bool is_begun = begin.ok() && *begin == WalHeaderState::kIntact;
    Result<std::optional<WalFrameHeader>> found = std::optional<WalFrameHeader>();
    if (!begin.ok() || *begin == WalHeaderState::kDamaged) {
        found = co_await reader.find_first(state.store_id);
    }
    co_await file.close();
    if (!found.ok()) co_return std::move(found).error();
    if (*found) start.first = **found;
    start.is_damaged = found->has_value();
    is_begun = is_begun || start.is_damaged;
    const bool is_ours = state.store_id == 0 || start.first.store_id == state.store_id;
    if (!is_begun || !is_ours || start.first.head_id <= state.flushed_head) {
        co_return std::optional<LogStart>();
    }
    co_return std::optional<LogStart>(std::move(start));
}

// Every frame that is whole.
io::Task<Result<void>> read_log(io::Reactor& reactor, const LogStart& start, FactVisitor& visitor) {
    SLUICE_CO_TRY(io::File file, co_await io::File::open(reactor, start.path, io::OpenMode::kRead));
    SLUICE_CO_TRY(const std::uint64_t size, co_await file.size());
    WalReader reader(file, size);
    const WalFrameHeader& first = start.first;
    WalChain chain{first.store_id, first.head_id,
                   start.is_damaged ? first.frame_number - 1 : first.frame_number,
                   first.previous_hash};
    WalDecoder decoder;
    Result<void> read;
    while (read.ok()) {
        WalFrameView view;
        const Result<WalStep> step = co_await reader.next(first.log_number, chain, view);
        if (!step.ok()) read = step.error();
        if (!step.ok()) break;
        if (*step == WalStep::kFrame) {
            read = decoder.decode(view.payload, visitor);
            if (reactor.needs_yield()) co_await reactor.yield();
            continue;
        }
        const Result<WalReader::Behind> behind =
            co_await reader.look_behind(first.log_number, chain);
        if (!behind.ok()) read = behind.error();
        if (!behind.ok() || !behind->next) break;
        reader.skip_to(*behind, chain);
    }
    co_await file.close();
    co_return read;
}

io::Task<Result<void>> read_logs(io::Reactor& reactor, std::string directory,
                                 const ManifestState& state, FactCollector& facts) {
    SLUICE_CO_TRY(const auto entries, co_await list_entries(reactor, log_directory(directory)));
    std::vector<LogStart> logs;
    for (const io::DirectoryEntry& each : entries) {
        const auto number = each.is_directory ? std::nullopt : parse_log_name(each.name);
        if (!number) continue;
        auto start = co_await read_log_start(reactor, log_path(directory, *number), state);
        if (!start.ok()) {
            facts.add_damage(start.error().message);
        } else if (*start) {
            logs.push_back(std::move(**start));
        }
    }
    std::sort(logs.begin(), logs.end(), [](const LogStart& a, const LogStart& b) {
        return std::pair(a.first.head_id, a.first.log_number) <
               std::pair(b.first.head_id, b.first.log_number);
    });
    std::optional<FactVisitor> visitor;
    std::uint64_t head = 0;
    for (const LogStart& each : logs) {
        if (!visitor || each.first.head_id != head) visitor.emplace(facts, state);
        head = each.first.head_id;
        const Result<void> read = co_await read_log(reactor, each, *visitor);
        if (!read.ok()) facts.add_damage(read.error().message);
    }
    co_return Result<void>();
}

}  // namespace

io::Task<Result<model::ShardGroupId>> find_last_group(io::Reactor& reactor, std::string directory) {
    SLUICE_CO_TRY(const auto groups, co_await list_entries(reactor, shards_directory(directory)));
    model::ShardGroupId last = 0;
    for (const io::DirectoryEntry& each : groups) {
        const auto group = each.is_directory ? parse_group_name(each.name) : std::nullopt;
        last = std::max(last, group.value_or(0));
    }
    co_return last;
}

io::Task<Result<StoreFacts>> read_store_facts(io::Reactor& reactor, std::string directory) {
    StoreFacts facts;
    FactCollector collector(facts);
    SLUICE_CO_TRY(const ManifestSearch search, co_await find_manifest(reactor, directory));
    ManifestState state;
    if (search.content) state = search.content->state;
    if (search.has_lost_something()) {
        collector.add_damage(directory + ": the manifest has lost records");
    }
    SLUICE_CO_TRY_VOID(co_await read_segments(reactor, directory, state, collector));
    SLUICE_CO_TRY_VOID(co_await read_logs(reactor, directory, state, collector));
    for (const auto& [group, known] : state.groups) facts.groups[group].facts = known;
    co_return facts;
}

}  // namespace sluice::storage
