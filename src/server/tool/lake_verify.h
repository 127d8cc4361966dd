// `sluice lake verify`: whether the files of a lake are those that were published, and whether they
// have what a stopped server's directory has: by shard group, the number of rows, of values of each
// column, and the sums of its numbers.
#pragma once

#include <string>

#include "server/config/lake_settings.h"
#include "sluice/base/result.h"

namespace sluice::server {

// True: all is the same. What is not is named on standard error; so are points that came too late
// to be published before the server stopped. `scratch`: see read_directory(). `settings` say how a
// bucket is reached. kConflict: a server has the directory.
Result<bool> verify_lake(const std::string& directory, const std::string& scratch,
                         const LakeSettings& settings);

}  // namespace sluice::server
