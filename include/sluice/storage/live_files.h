// Which files of a store its manifest makes live, for one who copies them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace sluice::storage {

struct LiveFiles {
    std::set<std::string> segments;
    std::set<std::uint64_t> logs;  // their numbers (log_use.h). One may have begun since
};

// `manifests`: what the files of that kind in the directory `store` hold, by their names there. The
// paths begin with `store`. Nothing where the manifest has lost something: then every file may be
// needed.
std::optional<LiveFiles> live_files(const std::string& store,
                                    const std::map<std::string, std::string>& manifests);

}  // namespace sluice::storage
