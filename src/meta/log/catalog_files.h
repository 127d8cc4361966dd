// The catalog's files in one of its directories: their names, and their content as read.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/bytes.h"
#include "sluice/base/result.h"
#include "sluice/io/task.h"

namespace sluice::io {
class Reactor;
}

namespace sluice::meta {

// "catalog-0000000007.snapshot" and "catalog-0000000007.log".
std::string snapshot_file_name(std::uint64_t generation);
std::string log_file_name(std::uint64_t generation);

// "catalog-0000000007.losses": what a start found to be lost, a sentence a line. It is said until
// somebody removes the file. `attempt` above 1 makes another name.
std::string losses_file_name(std::uint64_t generation, int attempt);

struct CatalogFileName {
    bool is_log = false;
    std::uint64_t generation = 0;
};
// Nothing for other files, those of unfinished work and those set aside among them.
std::optional<CatalogFileName> parse_file_name(std::string_view name);
// "catalog-0000000007.log.damaged", or with ".2" and so on behind it.
bool is_set_aside_name(std::string_view name);
// A name behind which a damaged file is kept, one that `taken` does not hold.
std::string set_aside_name(const std::string& name, const std::vector<std::string>& taken);

// By generation.
struct CatalogFiles {
    std::map<std::uint64_t, std::vector<std::byte>> snapshots;
    std::map<std::uint64_t, std::vector<std::byte>> logs;

    std::string directory;    // as sentences name it
    bool is_missing = false;  // there is no such directory
    // What cannot be read at all: a reason for each file, by generation.
    std::map<std::uint64_t, std::string> unreadable_snapshots;
    std::map<std::uint64_t, std::string> unreadable_logs;
    // The directory itself cannot be read; a sentence.
    std::string unreadable;
    // Something could not be read that may be whole: no permission, no descriptors, no memory.
    std::optional<Error> refused;
    // Sentences about what does not belong here: directories, pipes, devices.
    std::vector<std::string> odd;
    std::vector<std::string> set_aside;   // names
    std::vector<std::string> remembered;  // losses that earlier starts wrote down
    // The highest number in any name, that of unfinished work and of files set aside among them.
    std::uint64_t highest_generation = 0;

    bool empty() const {
        return snapshots.empty() && logs.empty() && unreadable_snapshots.empty() &&
               unreadable_logs.empty();
    }
    std::uint64_t last_generation() const;
};

// Never fails: what stands in the way is in the result.
io::Task<CatalogFiles> read_catalog_files(io::Reactor& reactor, std::string directory);

}  // namespace sluice::meta
