// Opening a store: manifest, logs, leftovers.
//
// Logs are replayed into one head, which is frozen at once and flushed in the background; new
// writes go to a fresh head. So no log is ever continued behind a place where it was cut. What the
// device does not give back, or what is damaged, is set aside by name, and the rest serves.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
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

// A log file that holds frames.
struct FoundLog {
    std::unique_ptr<WalFile> file;
    std::uint64_t bytes = 0;
    WalFrameHeader first;  // of those that are whole
    bool first_is_damaged = false;
};

// A segment file whose footer is whole.
struct FoundSegment {
    SegmentRecord record;
    std::optional<SegmentIds> lineage;
};

// One opening. Lives on the stack of StoreParts::open().
class Recovery {
public:
    explicit Recovery(StoreParts& parts)
        : parts_(parts),
          reactor_(parts.life().reactor),
          directory_(parts.life().options.directory) {}

    io::Task<Result<void>> run();

private:
    io::Task<Result<bool>> waits_for_room();
    io::Task<Result<void>> read_manifest();
    void name_store();
    io::Task<Result<void>> find_logs();
    // log_recovery.cc
    enum class LogContent : std::uint8_t { kNothing, kFrames, kGarbage, kUnreadable };
    io::Task<Result<void>> look_at_log(std::uint64_t number);
    io::Task<Result<LogContent>> read_start(FoundLog& log);
    io::Task<Result<LogContent>> try_read_start(FoundLog& log);
    io::Task<Result<void>> report_missing_logs();
    io::Task<Result<void>> replay_logs();
    io::Task<Result<void>> replay_head(std::vector<FoundLog*> logs);
    io::Task<Result<bool>> replay_file(FoundLog& log, FoundLog* next_log, WalChain& chain,
                                       WalReplay& replay);
    io::Task<Result<bool>> go_on_behind(FoundLog& log, FoundLog* next_log, WalReader& reader,
                                        bool torn, WalChain& chain, WalReplay& replay);
    // segment_recovery.cc
    io::Task<Result<void>> find_segments();
    io::Task<Result<void>> sort_out_group(model::ShardGroupId group);
    io::Task<Result<void>> look_at_unlisted(model::ShardGroupId group, std::uint64_t id,
                                            std::vector<FoundSegment>& whole);
    io::Task<Result<FoundSegment>> read_footer(model::ShardGroupId group, std::uint64_t id);
    io::Task<void> read_lineages(model::ShardGroupId group);
    FoundSegment listed(const SegmentRecord& record) const;
    bool is_known_to_be_gone(model::ShardGroupId group, std::uint64_t id) const;
    bool is_found_elsewhere(const FoundSegment& found) const;
    io::Task<Result<void>> decide(FoundSegment found);
    io::Task<void> put_away(const SegmentRecord& record);
    void report_missing();

    io::Task<Result<void>> start();
    io::Task<Result<void>> remove(std::string path);
    void report_odd(const std::string& path);
    void report_set_aside(const std::string& path);
    io::Task<void> set_aside(std::string path, std::string_view why);
    void report_log_damage(FoundLog& log, std::string_view what);

    StoreParts& parts_;
    io::Reactor& reactor_;
    std::string directory_;
    ManifestState state_;
    ManifestSearch manifests_;
    bool rebuild_ = false;  // the manifest is lost: the segments themselves say what there is
    // The manifest does not say all that it said: what it does not name may have been live.
    bool lost_ = false;
    std::vector<FoundLog> logs_;
    std::vector<std::unique_ptr<WalFile>> spare_;
    std::vector<std::unique_ptr<WalFile>> garbage_;  // neither frames nor zeroes
    std::set<std::uint64_t> log_numbers_;            // of all files
    std::uint64_t log_file_number_max_ = 0;
    std::uint64_t log_number_max_ = 0;
    std::uint64_t head_id_max_ = 0;  // of all logs of the store, replayed or not
    std::shared_ptr<Generation> replayed_;
    std::uint64_t sequence_max_ = 0;
    std::uint64_t replayed_sequence_min_ = ~std::uint64_t{0};
    std::uint64_t replayed_sequence_max_ = 0;
    bool logs_are_whole_ = true;
    std::uint64_t set_aside_before_ = 0;  // files
    std::set<std::uint64_t> present_;     // segments listed and on disk
    // Of listed segments whose footers had to be read.
    std::map<std::uint64_t, std::optional<SegmentIds>> lineages_;
};

}  // namespace sluice::storage
