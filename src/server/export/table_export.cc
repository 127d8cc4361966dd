#include "server/export/table_export.h"

#include <algorithm>

#include "server/config/version.h"
#include "sluice/io/aside.h"
#include "sluice/io/reactor.h"
#include "sluice/model/series_key.h"

namespace sluice::server {
namespace {

// A shard group of a week is read once, and what is being written of its days shares the memory
// that one file would have. The longest groups are read several times.
constexpr std::size_t kOpenDaysMax = 8;

// Engines read a file of this size in one go, and object stores take it so.
constexpr std::uint64_t kFileBytesMax = 512 * kMiB;

codec::ColumnSlice rows_of(const codec::ColumnSlice& slice, std::size_t begin, std::size_t count) {
    const auto cut = [begin, count](const auto& values) {
        return values.empty() ? values : values.subspan(begin, count);
    };
    codec::ColumnSlice part = slice;
    part.words = cut(slice.words);
    part.texts = cut(slice.texts);
    part.flags = cut(slice.flags);
    part.validity_begin = slice.validity_begin + static_cast<std::uint32_t>(begin);
    return part;
}

Error other_type(const std::string& measurement, const std::string& field) {
    return {ErrorKind::kCorrupt, "field " + field + " of " + measurement +
                                     " has another type in a store than in the catalog"};
}

}  // namespace

std::vector<std::pair<std::string, std::string>> table_properties(const std::string& database,
                                                                  const std::string& policy,
                                                                  const std::string& measurement) {
    return {{"database", database}, {"retention policy", policy}, {"measurement", measurement}};
}

std::string table_folder(std::string_view database, std::string_view policy,
                         std::string_view measurement) {
    return lake::folder_name(database) + "/" + lake::folder_name(policy) + "/" +
           lake::folder_name(measurement);
}

TableExport::TableExport(lake::TableColumns columns, TableFiles files, ExportPace& pace)
    : columns_(std::move(columns)),
      files_(std::move(files)),
      pace_(pace),
      options_(files_.options),
      cells_(columns_.columns().size()) {
    options_.version = kVersion;
    for (auto& each : columns_.renamed()) options_.properties.push_back(std::move(each));
    tag_values_.resize(columns_.tags().size());
}

TableExport::~TableExport() = default;

// The catalog's types decide about columns, because files of one table have to agree in them
// whatever a single store holds.
io::Task<Result<void>> TableExport::write_group(const RowPlaces& places, const SurveyedGroup& group,
                                                model::TimeRange range) {
    const std::vector<std::int64_t> days(group.days.begin(), group.days.end());
    const std::size_t open = std::min(days.size(), kOpenDaysMax);
    options_.group_bytes_max = files_.options.group_bytes_max / open;
    options_.open_bytes_max = files_.options.open_bytes_max / open;
    storage::ScanSpec spec;
    spec.group = group.group->id;
    spec.measurement = files_.measurement;
    spec.view = places.view;
    // Which column each field of the group is.
    // The fields of the table are sorted and hold those of every group, so each is found.
    std::vector<std::size_t> columns;
    for (const meta::Field& field : group.group->measurements.find(files_.measurement)->fields()) {
        const auto at = std::lower_bound(columns_.fields().begin(), columns_.fields().end(),
                                         lake::TableField{field.name, field.type});
        columns.push_back(columns_.first_field() +
                          static_cast<std::size_t>(at - columns_.fields().begin()));
        spec.fields.push_back(field.name);
    }
    for (std::size_t begin = 0; begin < days.size(); begin += kOpenDaysMax) {
        const std::size_t end = std::min(days.size(), begin + kOpenDaysMax);
        spec.range.begin = std::max(range.begin, range_of_day(days[begin]).begin);
        spec.range.end = std::min(range.end, range_of_day(days[end - 1]).end);
        MergedRows rows(places.stores, spec, group.shared);
        Result<void> written = co_await write_rows(rows, group, columns);
        co_await rows.close();
        sum_.blocks_missing += rows.blocks_missing();
        if (!written.ok()) co_return written;
    }
    co_return Result<void>();
}

// Rows come from the cores of their stores, and are encoded beside them: compressing a file would
// stop a core for seconds. The pace then rests for as long as the bandwidth that was set asks for.
io::Task<Result<void>> TableExport::write_rows(MergedRows& rows, const SurveyedGroup& group,
                                               std::vector<std::size_t> columns) {
    series_key_.clear();
    std::uint64_t before = sum_.bytes;
    while (true) {
        SLUICE_CO_TRY_VOID(co_await rows.fill());
        if (rows.is_done()) break;
        const auto work = [this, &rows, &group, &columns] {
            return append_loaded(rows, group, columns);
        };
        SLUICE_CO_TRY_VOID(co_await io::run_aside(work, pace_.haste()));
        if (pace_.is_ended()) {
            co_return Error{ErrorKind::kCancelled, "ended by a signal: the export is not whole"};
        }
        std::uint64_t bytes = sum_.bytes;
        for (const auto& [day, part] : open_) bytes += part.file->writer().size_bytes();
        co_await pace_.rest(bytes - before);
        before = bytes;
    }
    const auto finish = [this] { return finish_files(); };
    co_return co_await io::run_aside(finish, pace_.haste());
}

Result<void> TableExport::append_loaded(MergedRows& rows, const SurveyedGroup& group,
                                        const std::vector<std::size_t>& columns) {
    RowBatch batch;
    while (rows.next(batch)) {
        SLUICE_TRY_VOID(append(batch, group, columns));
    }
    return {};
}

// The tags of a series are set once and hold for all of its rows. A tag that the survey has not
// seen means that the store has changed under the export.
Result<void> TableExport::begin_series(std::string_view series_key) {
    series_key_ = series_key;
    for (auto& value : tag_values_) value.reset();
    for (model::Tag& tag : model::parse_series_key(series_key).tags) {
        const auto at = std::lower_bound(columns_.tags().begin(), columns_.tags().end(), tag.key);
        if (at == columns_.tags().end() || *at != tag.key) {
            return Error{ErrorKind::kCorrupt, "tag " + tag.key + " of " + files_.measurement +
                                                  " was not there when its points were counted"};
        }
        tag_values_[static_cast<std::size_t>(at - columns_.tags().begin())] = std::move(tag.value);
    }
    return {};
}

// A batch is cut at midnights of UTC, for which there is one file each. Times go into both columns
// of time, of micro- and of nanoseconds, where the table has both.
Result<void> TableExport::append(const RowBatch& batch, const SurveyedGroup& group,
                                 const std::vector<std::size_t>& columns) {
    if (batch.series_key != series_key_) {
        SLUICE_TRY_VOID(begin_series(batch.series_key));
    }
    for (std::size_t begin = 0; begin < batch.times.size();) {
        const std::int64_t day = day_of(batch.times[begin]);
        const auto next = std::lower_bound(batch.times.begin() + static_cast<std::ptrdiff_t>(begin),
                                           batch.times.end(), range_of_day(day).end);
        const auto count = static_cast<std::size_t>(next - batch.times.begin()) - begin;
        for (lake::ParquetCells& each : cells_) each = {};
        codec::ColumnSlice times;
        times.type = model::FieldType::kInteger;
        times.words = {reinterpret_cast<const std::uint64_t*>(batch.times.data()) + begin, count};
        for (std::size_t i = 0; i < columns_.first_tag(); ++i) cells_[i].slice = times;
        for (std::size_t i = 0; i < tag_values_.size(); ++i) {
            if (tag_values_[i]) cells_[columns_.first_tag() + i].text = *tag_values_[i];
        }
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const codec::ColumnSlice& column = batch.columns[i];
            const lake::TableField& field = columns_.fields()[columns[i] - columns_.first_field()];
            if (!column.absent() && column.type != field.type) {
                return other_type(files_.measurement, field.name);
            }
            cells_[columns[i]].slice = rows_of(column, begin, count);
        }
        SLUICE_TRY(Part* const part, part_of(day, group));
        SLUICE_TRY_VOID(part->file->writer().append(count, cells_));
        begin += count;
    }
    return {};
}

// A day that grows too large goes on in another file; numbers make the names different.
Result<TableExport::Part*> TableExport::part_of(std::int64_t day, const SurveyedGroup& group) {
    Part& part = open_[day];
    if (part.file != nullptr && part.file->writer().size_bytes() >= kFileBytesMax) {
        SLUICE_TRY_VOID(finish_file(day, part));
        ++part.number;
    }
    if (part.file != nullptr) return &part;
    const auto [folder, name] = files_.place(group.group->id, day, part.number);
    SLUICE_TRY_VOID(make_folders(folder));
    SLUICE_TRY(part.file, ParquetFile::create(folder, name, columns_.columns(), options_));
    return &part;
}

Result<void> TableExport::finish_file(std::int64_t day, Part& part) {
    SLUICE_TRY_VOID(part.file->finish());
    written_.push_back({day, part.number, part.file->writer().rows(),
                        part.file->writer().size_bytes(), part.file->checksum()});
    ++sum_.files;
    sum_.rows += part.file->writer().rows();
    sum_.bytes += part.file->writer().size_bytes();
    sum_.texts_mended += part.file->writer().texts_mended();
    part.file.reset();
    return {};
}

Result<void> TableExport::finish_files() {
    for (auto& [day, part] : open_) {
        SLUICE_TRY_VOID(finish_file(day, part));
    }
    open_.clear();
    return {};
}

}  // namespace sluice::server
