// The lines of one shard group: the rows of all stores, in order of series, time and write.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/export/export_selection.h"
#include "server/export/line_file.h"
#include "sluice/base/result.h"
#include "sluice/io/task.h"
#include "sluice/meta/catalog.h"
#include "sluice/storage/store.h"

namespace sluice::server {

struct ExportSum {
    std::uint64_t lines = 0;
    std::uint64_t blocks_missing = 0;
};

// The arguments live until completion. What is damaged is left out and counted. `sum`
// grows as lines are written. kCancelled: a signal wants the program to end.
io::Task<Result<void>> export_group(const std::vector<storage::Store*>& stores,
                                    const meta::ShardGroup& group, const ExportSelection& selection,
                                    LineFile& out, ExportSum& sum);

// Looked at between rows.
void end_at_signals();
bool is_ended_by_signal();

}  // namespace sluice::server
