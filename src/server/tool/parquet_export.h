// `sluice export --parquet`: the points of a data directory as Parquet files in a folder, which any
// engine reads without a catalog:
// <database>/<policy>/<measurement>/day=<day>/<group>-<part>.parquet.
#pragma once

#include <string>

#include "server/export/export_selection.h"
#include "sluice/base/result.h"

namespace sluice::server {

struct ParquetExportOptions {
    std::string directory;
    ExportSelection selection;
    std::string folder;
    std::string scratch;  // for copies of what is not in segments; empty: $TMPDIR or /var/tmp
};

// True: everything was read. What was not is named on standard error. A server may have the
// directory, as for lines. kConflict: the folder has such a measurement already. Blocks until it is
// done.
Result<bool> export_parquet(const ParquetExportOptions& options);

}  // namespace sluice::server
