#include "query/select_executor.h"

#include <algorithm>

#include "query/row_merger.h"

namespace sluice::query {
namespace {

std::string_view measurement_of(std::string_view tag_set) {
    return tag_set.substr(0, tag_set.find('\0'));
}

// The part of the tag sets that SLIMIT and SOFFSET leave of each measurement
// (query/result.go: LimitTagSets; SOFFSET alone leaves none).
std::vector<TagSetKey> limit_series(std::vector<TagSetKey> all, std::int64_t limit,
                                    std::int64_t offset) {
    if (limit == 0 && offset == 0) return all;
    std::vector<TagSetKey> kept;
    std::string_view measurement;
    std::int64_t index = 0;
    for (const TagSetKey& key : all) {
        if (index == 0 || measurement_of(key) != measurement) {
            measurement = measurement_of(key);
            index = 0;
        }
        if (index >= offset && index - offset < limit) kept.push_back(key);
        ++index;
    }
    return kept;
}

}  // namespace

io::Task<Result<void>> SelectExecutor::execute(influxql::SelectStatement select,
                                               Defaults defaults) {
    Result<bool> has_data = co_await prepare(select, defaults);
    if (!has_data.ok()) co_return std::move(has_data).error();
    if (!*has_data) co_return Result<void>();
    Result<void> found = co_await find_series();
    if (!found.ok()) co_return std::move(found).error();
    if (tag_sets_.empty()) co_return Result<void>();
    Result<void> done;
    if (plan_.aggregates) {
        done = co_await run_aggregates();
    } else {
        done = co_await run_raw();
    }
    co_return done;
}

// False: the answer is known to be empty.
io::Task<Result<bool>> SelectExecutor::prepare(influxql::SelectStatement& select,
                                               const Defaults& defaults) {
    catalog_ = source_.catalog();
    for (influxql::Source& source : select.sources) {
        if (influxql::Measurement* measurement = source.measurement()) {
            SLUICE_CO_TRY_VOID(normalize(*measurement, *catalog_, defaults));
        }
    }
    SLUICE_CO_TRY(CompiledSelect compiled, compile_select(select, source_.wall_ns()));
    const model::TimeRange range{compiled.time_min, compiled.time_max == model::kTimestampMax
                                                        ? model::kTimestampMax
                                                        : compiled.time_max + 1};
    SLUICE_CO_TRY(ResolvedSources resolved, resolve_sources(select.sources, *catalog_, range));
    sessions_.resize(source_.core_count());
    ListJob list(resolved.sources, needs_tag_keys(compiled), limits_.memory_bytes_max / 2,
                 sessions_);
    Result<void> listed = co_await source_.run_on_every_core(list);
    if (!listed.ok()) co_return std::move(listed).error();
    TagKeys tags;
    for (CoreSession& session : sessions_) tags.merge(session.tag_keys);

    SLUICE_CO_TRY(plan_, make_plan(select, std::move(compiled), std::move(resolved), tags));
    if (plan_.sources.empty() || plan_.time_min > plan_.time_max) co_return false;
    if (plan_.aggregates) co_return !plan_.calls.empty();
    co_return std::any_of(plan_.fields.begin(), plan_.fields.end(),
                          [](const ScanField& field) { return field.makes_rows; });
}

io::Task<Result<void>> SelectExecutor::find_series() {
    if (limits_.windows_max != 0 && plan_.aggregates && !plan_.window.is_whole() &&
        plan_.time_min != model::kTimestampMin) {
        const std::int64_t first = plan_.window.start_of(plan_.time_min);
        const std::int64_t last = plan_.window.start_of(plan_.time_max - 1);
        const auto windows =
            static_cast<std::uint64_t>((last - first) / plan_.window.interval_ns + 1);
        if (windows > limits_.windows_max) {
            co_return Error{ErrorKind::kTooLarge, "max-select-buckets limit exceeded: (" +
                                                      std::to_string(windows) + "/" +
                                                      std::to_string(limits_.windows_max) + ")"};
        }
    }
    GroupJob group(plan_, limits_.memory_bytes_max / 2, sessions_);
    Result<void> grouped = co_await source_.run_on_every_core(group);
    if (!grouped.ok()) co_return std::move(grouped).error();
    number_tag_sets();
    find_duplicates();
    inputs_.resize(plan_.inputs.size());
    for (const Output& output : plan_.outputs) {
        expressions_.push_back(nullptr);
        if (output.input >= 0 || output.expr.is<influxql::VarRef>()) continue;
        expressions_.back() = std::make_unique<RowExpression>(
            output.expr, [](const influxql::VarRef& ref) { return std::stoi(ref.name); }, true);
    }
    co_return Result<void>();
}

void SelectExecutor::number_tag_sets() {
    std::vector<TagSetKey> all;
    for (const CoreSession& session : sessions_) {
        all.insert(all.end(), session.tag_sets.begin(), session.tag_sets.end());
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    tag_sets_ = limit_series(std::move(all), plan_.series_limit, plan_.series_offset);
    for (CoreSession& session : sessions_) {
        std::vector<std::uint32_t> numbers;
        numbers.reserve(session.tag_sets.size());
        for (const TagSetKey& key : session.tag_sets) {
            const auto at = std::lower_bound(tag_sets_.begin(), tag_sets_.end(), key);
            const bool kept = at != tag_sets_.end() && *at == key;
            numbers.push_back(kept ? static_cast<std::uint32_t>(at - tag_sets_.begin())
                                   : kNoTagSet);
        }
        session.renumber(numbers);
        session.tag_sets.clear();
    }
}

void SelectExecutor::find_duplicates() {
    std::vector<std::uint64_t> all;
    for (CoreSession& session : sessions_) {
        all.insert(all.end(), session.series_hashes.begin(), session.series_hashes.end());
        session.series_hashes = {};
    }
    std::sort(all.begin(), all.end());
    for (std::size_t i = 1; i < all.size(); ++i) {
        const bool is_first = duplicates_.empty() || duplicates_.back() != all[i];
        if (all[i] == all[i - 1] && is_first) duplicates_.push_back(all[i]);
    }
}

model::TimeRange SelectExecutor::data_range() const {
    model::TimeRange range{model::kTimestampMax, model::kTimestampMin};
    for (const PlannedSource& source : plan_.sources) {
        for (const model::ShardSlot& slot : source.groups) {
            range.begin = std::min(range.begin, slot.range.begin);
            range.end = std::max(range.end, slot.range.end);
        }
    }
    range.begin = std::max(range.begin, plan_.time_min);
    if (plan_.time_max < range.end) range.end = plan_.time_max + 1;
    return range;
}

std::uint64_t SelectExecutor::chunk_bytes_max() const {
    return limits_.memory_bytes_max / 2 / std::max(1u, source_.core_count());
}

void SelectExecutor::begin_tag_set(std::uint32_t tag_set) {
    std::string_view rest = tag_sets_[tag_set];
    head_ = SeriesHead();
    head_.name = measurement_of(rest);
    rest.remove_prefix(head_.name.size());
    for (const std::string& dimension : plan_.dimensions) {
        rest.remove_prefix(1);
        const std::string_view value = rest.substr(0, rest.find('\0'));
        head_.tags.emplace_back(dimension, value);
        rest.remove_prefix(value.size());
    }
    head_.columns.push_back(plan_.time_name);
    for (const Output& output : plan_.outputs) head_.columns.push_back(output.name);
    series_open_ = false;
    rows_seen_ = 0;
    std::fill(inputs_.begin(), inputs_.end(), Value());
}

void SelectExecutor::write_row(model::Timestamp time) {
    if (!series_open_) writer_.begin_series(head_);
    series_open_ = true;
    writer_.begin_row();
    writer_.time(time);
    for (std::size_t i = 0; i < plan_.outputs.size(); ++i) {
        const int input = plan_.outputs[i].input;
        if (input >= 0) {
            writer_.value(inputs_[static_cast<std::size_t>(input)]);
        } else {
            writer_.value(expressions_[i] ? expressions_[i]->evaluate(inputs_.data()) : Value());
        }
    }
    writer_.end_row();
}

}  // namespace sluice::query
