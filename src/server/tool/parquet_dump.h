// A Parquet file of Sluice's as text, for `sluice inspect`.
#pragma once

#include <string>

#include "sluice/base/result.h"
#include "sluice/storage/inspect.h"

namespace sluice::server {

// Columns, row groups and where their bytes go. All pages are read, so that damage is found.
// `details`: every chunk with its encodings. Synchronous.
Result<void> dump_parquet(const std::string& path, bool details, const storage::LineSink& sink);

}  // namespace sluice::server
