// Opening a store: manifest, logs, leftovers.
//
// Logs are replayed into one head, which is frozen at once and flushed in the background; new
// writes go to a fresh head. So no log is ever continued behind a place where it was cut. What the
// device does not give back, or what is damaged, is set aside by name, and the rest serves.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/io/task.h"
#include "storage/manifest/manifest.h"
#include "storage/store/store_parts.h"
#include "storage/wal/wal_reader.h"
#include "storage/wal/wal_replay.h"

namespace sluice::storage {

// A log file that begins with a frame.
struct FoundLog {
    std::unique_ptr<WalFile> file;
    std::uint64_t bytes = 0;
    WalFrameHeader first;
};

// One opening. Lives on the stack of StoreParts::open().
class Recovery {
public:
    explicit Recovery(StoreParts& parts)
        : parts_(parts), reactor_(parts.reactor_), directory_(parts.options_.directory) {}

    io::Task<Result<void>> run();

private:
    io::Task<Result<void>> make_directories();
    io::Task<Result<void>> read_manifest();
    io::Task<Result<void>> find_logs();
    io::Task<Result<bool>> read_first_frame(std::string path, WalFile& file, std::uint64_t& size,
                                            WalFrameHeader& header);
    io::Task<Result<void>> replay_logs();
    io::Task<Result<void>> replay_head(std::vector<FoundLog*> logs);
    io::Task<Result<bool>> replay_file(FoundLog& log, std::uint64_t frame_limit, WalChain& chain,
                                       WalReplay& replay);
    io::Task<Result<void>> find_segments();
    io::Task<Result<void>> sort_out_group(model::ShardGroupId group);
    io::Task<Result<void>> adopt_segment(model::ShardGroupId group, std::uint64_t id);
    io::Task<Result<void>> start();
    io::Task<Result<void>> remove(std::string path);
    io::Task<void> set_aside(std::string path, std::string_view why);
    void report_log_damage(FoundLog& log, std::string_view what);

    StoreParts& parts_;
    io::Reactor& reactor_;
    std::string directory_;
    ManifestState state_;
    ManifestSearch manifests_;
    bool rebuild_ = false;  // the manifest is lost: the segments themselves say what there is
    std::vector<FoundLog> logs_;
    std::vector<std::unique_ptr<WalFile>> spare_;
    std::uint64_t log_file_number_max_ = 0;
    std::uint64_t log_number_max_ = 0;
    std::shared_ptr<Generation> replayed_;
    std::set<model::ShardGroupId> dropped_seen_;
    std::uint64_t sequence_max_ = 0;
};

}  // namespace sluice::storage
