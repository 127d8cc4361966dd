// WalReplay puts the rows of log frames back into a head.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "sluice/base/pod_vector.h"
#include "sluice/storage/head.h"
#include "storage/wal/wal_decoder.h"

namespace sluice::storage {

class Memtable;

// It is for one log, whose numbers of series, memtables and columns it translates to those of
// `head`, which may hold the rows of other logs already. Definitions may repeat. A row that refers
// to something that was not defined is kCorrupt.
class WalReplay final : public WalVisitor {
public:
    // Says which groups were dropped: their rows are passed over.
    using IsDropped = std::function<bool(model::ShardGroupId)>;
    // Says whether everything that was written to a measurement with that sequence is deleted. Such
    // rows must not be replayed, because later ones may have other types.
    using IsDeleted = std::function<bool(model::ShardGroupId, std::string_view measurement,
                                         std::uint64_t sequence)>;
    WalReplay(Head& head, IsDropped is_dropped, IsDeleted is_deleted = {})
        : head_(head), is_dropped_(std::move(is_dropped)), is_deleted_(std::move(is_deleted)) {}

    Result<void> on_series(std::uint32_t series, std::string_view key) override;
    Result<void> on_table(std::uint32_t memtable, model::ShardGroupId group,
                          std::string_view measurement) override;
    Result<void> on_column(std::uint32_t memtable, std::uint32_t column, model::FieldType type,
                           std::string_view name) override;
    Result<void> on_rows(WalRows& rows) override;

    // From here on definitions may be missing, with frames that are damaged: rows that need them
    // are left out and counted, the others are true all the same, as ids never change their
    // meaning.
    void expect_gaps() { expects_gaps_ = true; }

    std::uint64_t rows() const { return rows_; }
    // Left out wholly, or without some of their fields.
    std::uint64_t rows_lost() const { return rows_lost_; }
    std::uint64_t sequence_min() const { return sequence_min_; }
    std::uint64_t sequence_max() const { return sequence_max_; }
    // All that the logs speak of, also those whose rows were passed over.
    const std::set<model::ShardGroupId>& groups() const { return groups_; }

private:
    struct Column {
        std::string name;
        model::FieldType type = model::FieldType::kFloat;
        bool defined = false;
    };
    struct Table {
        bool defined = false;
        model::ShardGroupId group = 0;
        model::MeasurementId measurement = 0;
        std::vector<Column> columns;
    };

    Result<void> append(const Table& table, const WalRows& rows);
    void leave_out_undefined(const Table& table, WalRows& rows);

    Head& head_;
    IsDropped is_dropped_;
    IsDeleted is_deleted_;
    PodVector<model::SeriesId> series_;
    std::vector<Table> tables_;
    std::set<model::ShardGroupId> groups_;
    std::uint64_t rows_ = 0;
    std::uint64_t rows_lost_ = 0;
    std::uint64_t sequence_min_ = ~std::uint64_t{0};
    std::uint64_t sequence_max_ = 0;
    bool expects_gaps_ = false;
};

}  // namespace sluice::storage
