// A whole catalog as a run of changes that makes it from nothing. Pure.
#pragma once

#include <cstdint>

#include "meta/log/catalog_frame.h"
#include "sluice/base/byte_writer.h"
#include "sluice/base/result.h"
#include "sluice/meta/catalog.h"

namespace sluice::meta {

class CatalogDraft;

// Hands out the file in pieces of whole frames, so that a writer can write one and breathe.
// `catalog` outlives the encoder and is not changed.
class CatalogSnapshotEncoder {
public:
    CatalogSnapshotEncoder(const Catalog& catalog, std::uint64_t generation,
                           std::uint64_t sequence);

    // Appends the next frames to `out`, about kCatalogSnapshotPartBytes; false when the last piece
    // has been handed out before.
    bool next(ByteWriter& out);

private:
    struct Place {
        const Database* database;
        const RetentionPolicy* policy;
        std::size_t group_index;
    };

    void encode_names();
    void encode_policy(const Database& database, const RetentionPolicy& policy);
    void encode_users();
    void encode_tokens();
    void encode_deletes(const Database& database);
    void encode_groups();
    void encode_group(const Place& place);
    void select(const Place& place, const ShardGroup& group);
    void begin_op(CatalogOp op) { payload_.write(static_cast<std::uint8_t>(op)); }
    bool part_is_full() const { return payload_.size() >= kCatalogSnapshotPartBytes; }

    const Catalog& catalog_;
    std::uint64_t generation_;
    std::uint64_t sequence_;
    std::uint64_t parts_ = 0;
    bool names_done_ = false;
    bool ended_ = false;

    ByteWriter payload_;
    std::vector<Place> places_;
    std::size_t next_place_ = 0;
    // Measurements of places_[next_place_], sorted by name, and the first not yet encoded.
    std::vector<const MeasurementSchema*> measurements_;
    std::size_t next_measurement_ = 0;
    bool place_begun_ = false;
};

struct LoadedSnapshot {
    std::uint64_t sequence = 0;  // of the last change it contains
};

// All parts and the end, and nothing else.
bool is_whole_snapshot(const CatalogFrames& scanned);
// Applies the snapshot in `file` to an empty draft. kCorrupt: not whole and intact. The draft is of
// no use after an error.
Result<LoadedSnapshot> load_snapshot(ByteSpan file, std::uint64_t generation, CatalogDraft& draft);
Result<LoadedSnapshot> load_snapshot(const CatalogFrames& scanned, CatalogDraft& draft);
// Applies the parts that are intact, for want of a whole snapshot; what does not fit is left out.
// kCorrupt: there is no such part.
Result<LoadedSnapshot> salvage_snapshot(const CatalogFrames& scanned, CatalogDraft& draft);

}  // namespace sluice::meta
