// A MemtableSource shows the rows of a memtable as a sorted stream. It gathers them a block at a
// time from where they lie.
//
// It sees what the memtable had when the source was made: the places are fixed by then, and the
// chunks of each column are copied (not their elements), because the list of chunks may grow, and a
// chunk may get its first values or nulls, while a scan goes on.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "sluice/base/pod_vector.h"
#include "sluice/storage/head.h"
#include "storage/memtable/memtable.h"
#include "storage/memtable/memtable_order.h"
#include "storage/rows/rows.h"

namespace sluice::storage {

class MemtableSource final : public RowSource {
public:
    // `rows` are ordered rows of `table`, which belongs to `head`; both are kept. `columns` are
    // numbers of the table's columns, or Memtable::kNoColumn for a column that it does not have.
    MemtableSource(std::shared_ptr<const Head> head, std::shared_ptr<const Memtable> table,
                   OrderedRows rows, const std::vector<std::uint32_t>& columns,
                   bool with_sequences);

    std::string_view key() const override;
    io::Task<Result<void>> load() override;
    void consume(std::size_t rows) override;
    std::uint64_t rows_ahead() const override;
    std::size_t memory_bytes() const override;

private:
    struct Column {
        bool present = false;
        bool dense = false;  // every row has a value
        model::FieldType type = model::FieldType::kFloat;
        std::vector<MemtableColumn::Chunk> chunks;  // as they were when the scan began
        PodVector<std::uint64_t> words;
        PodVector<std::string_view> texts;
        PodVector<std::uint8_t> flags;
        PodVector<std::uint64_t> validity;
    };

    void snapshot_column(Column& column, const MemtableColumn& from);
    std::size_t block_end() const;
    void gather_block();
    void gather_column(Column& column);
    template <typename T>
    void gather_values(Column& column, PodVector<T>& out);
    void show_run();

    std::shared_ptr<const Head> head_;
    std::shared_ptr<const Memtable> table_;
    OrderedRows rows_;
    std::vector<Column> columns_;
    bool with_sequences_;
    std::size_t block_begin_ = 0;  // positions in rows_.places
    std::size_t block_end_ = 0;
    std::size_t position_ = 0;
    std::size_t series_ = 0;  // in rows_.series
    PodVector<model::Timestamp> times_;
    PodVector<std::uint64_t> sequences_;
    RowSlice block_;
};

}  // namespace sluice::storage
