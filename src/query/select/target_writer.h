// A TargetWriter writes the rows of a SELECT ... INTO (coordinator/statement_executor.go:
// writeInto, convertRowToPoints).
#pragma once

#include <cstdint>
#include <string>

#include "query/points/row_cursor.h"
#include "query/session/data_source.h"
#include "query/session/target_rows.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

// Rows are gathered until they are worth a write; after each one they are durable. A statement that
// fails in the middle leaves what has been written before, as in InfluxDB.
class TargetWriter {
public:
    // `columns` are those of the rows without their time. `target` has a database and a policy;
    // without a name, rows go to a measurement of the name they come from. Everything outlives the
    // writer.
    TargetWriter(DataSource& source, const influxql::Measurement& target, const Grouping& grouping,
                 const std::vector<std::string>& columns);

    // Takes a block of rows, and writes as often as enough have come together.
    io::Task<Result<void>> write(const RowBlock& block);
    // Writes what is left.
    io::Task<Result<void>> finish();

    std::uint64_t rows_written() const { return rows_written_; }

private:
    void add(const RowBlock& block, std::size_t row);
    std::uint32_t series_of(const TagSet* tags);

    DataSource& source_;
    const influxql::Measurement& target_;
    const Grouping& grouping_;
    const std::size_t width_;
    std::vector<std::size_t> column_of_field_;
    TargetRows pending_;                                       // not written yet
    std::unordered_map<const TagSet*, std::uint32_t> series_;  // of pending_
    std::uint64_t rows_written_ = 0;
};

}  // namespace sluice::query
