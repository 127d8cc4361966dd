// Which of the catalog's files are damaged, missing or behind, said in sentences. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "meta/log/catalog_reading.h"
#include "meta/log/catalog_recovery.h"

namespace sluice::meta {

using SnapshotsByGeneration = std::map<std::uint64_t, CatalogFrames>;

// Fills in what `recovery` says about the copies: findings, files to be set aside, and which can be
// continued. Its generation and sequence are known. `good` are snapshots that could be loaded.
void review_copies(std::span<const CatalogFiles> copies, const GenerationReadings& readings,
                   const SnapshotsByGeneration& good, CatalogRecovery& recovery);

}  // namespace sluice::meta
