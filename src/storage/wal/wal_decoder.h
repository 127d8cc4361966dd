// The payload of a log frame, item by item.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/base/bytes.h"
#include "sluice/base/pod_vector.h"
#include "sluice/base/result.h"
#include "sluice/model/field_type.h"
#include "sluice/model/point_batch.h"
#include "sluice/model/shard_map.h"

namespace sluice::storage {

// Rows of one table as the log has them. Reused from item to item.
struct WalRows {
    std::uint32_t memtable = 0;
    std::uint64_t sequence = 0;
    // Series ids are the log's. Column c has no name; it is column columns[c] of the memtable.
    // Texts point into the payload.
    model::BatchTable table;
    PodVector<std::uint32_t> columns;
};

// Ids are as the head that wrote the log numbered them. An error ends the decoding.
class WalVisitor {
public:
    virtual ~WalVisitor() = default;
    virtual Result<void> on_series(std::uint32_t series, std::string_view key) = 0;
    virtual Result<void> on_table(std::uint32_t memtable, model::ShardGroupId group,
                                  std::string_view measurement) = 0;
    virtual Result<void> on_column(std::uint32_t memtable, std::uint32_t column,
                                   model::FieldType type, std::string_view name) = 0;
    virtual Result<void> on_rows(WalRows& rows) = 0;
};

// `rows` and `key` are scratch that keeps its memory between payloads. It fails with kCorrupt when
// the payload contradicts itself: the checksum was right, so the program that wrote it made a
// mistake.
class WalDecoder {
public:
    Result<void> decode(ByteSpan payload, WalVisitor& visitor);

private:
    Result<void> decode_series(ByteReader& reader, WalVisitor& visitor);
    bool decode_rows(ByteReader& reader);

    WalRows rows_;
    std::string key_;
};

}  // namespace sluice::storage
