// The inside of a Core.
//
// It belongs to one thread. Others reach it by messages only (all_cores.h), between the barriers of
// the start and the stop. A write goes through it from the top down: write(), which decides whether
// a listener is told; store(), which checks the batch; write_after_asking(), if names are missing
// or something has to be waited for; append(), which hands it to the store.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/names/asked_series.h"
#include "engine/names/counted_series.h"
#include "engine/names/schema_check.h"
#include "engine/names/series_gate.h"
#include "sluice/engine/core.h"
#include "sluice/io/event.h"
#include "sluice/io/reactor.h"
#include "sluice/meta/catalog_editor.h"

namespace sluice::engine {

class EngineState;

class CoreState {
public:
    // `engine` and `reactor` outlive this object.
    CoreState(EngineState& engine, io::Reactor& reactor, std::uint64_t body_bytes_max);

    // Opens the stores of these folders; the first becomes the one that is written to.
    io::Task<Result<void>> open_stores(std::vector<std::string> names);
    void expect_stop();  // Core::expect_stop
    io::Task<void> stop_stores();

    // Takes the snapshot over if it is newer.
    void install(const std::shared_ptr<const meta::Catalog>& catalog);

    Result<WriteTarget> resolve(std::string_view database, std::string_view retention_policy);
    io::Task<WriteOutcome> write(const WriteTarget& target, model::PointBatch& batch,
                                 std::vector<model::Rejection>& rejections);

    // limited_write.cc. Hashes of the keys of all series that this core's stores have of a
    // database, and of their tags.
    io::Task<CountedSeries> list_series(std::string database, storage::Epoch view, bool with_tags);
    void forget_series(const std::string& database) { series_gate_.forget(database); }

    // A delete is on its way: flushes and merges of this core's stores begin no more, and writes to
    // `measurement` wait (empty: none do) until the release, which brings the catalog that knows
    // the delete (nullptr: it failed).
    void hold_for_delete(const std::string& database, const std::string& measurement);
    void release_after_delete(const std::string& database, const std::string& measurement,
                              const std::shared_ptr<const meta::Catalog>& catalog);
    // Returns the sequences of all stores of this core, sorted.
    std::vector<std::uint64_t> unsettled_deletes() const;

    // Unlinks what this core's stores have of the groups.
    io::Task<Result<void>> drop_groups(std::shared_ptr<const std::vector<model::ShardGroupId>> ids);
    // The highest id of a group that any of the stores has something of.
    model::ShardGroupId last_group_in_stores() const;

    // hand_over.cc. What begins now sees the stores as they are at this epoch, until end_view().
    std::uint64_t begin_view();
    void end_view(std::uint64_t epoch);
    void set_epoch(std::uint64_t epoch) { epoch_ = epoch; }
    std::uint64_t oldest_view() const;
    // Other cores may be asked: after the start and before the stop.
    bool may_hand_over() const { return hands_over_; }
    void begin_hand_overs() { hands_over_ = true; }
    // No hand-over begins any more; completes when those that began have ended.
    io::Task<void> end_hand_overs();
    void begin_hand_over_call() { ++hand_over_calls_; }
    void end_hand_over_call();
    class HandOverCall {
    public:
        explicit HandOverCall(CoreState& core) : core_(core) { core_.begin_hand_over_call(); }
        HandOverCall(const HandOverCall&) = delete;
        HandOverCall& operator=(const HandOverCall&) = delete;
        ~HandOverCall() { core_.end_hand_over_call(); }

    private:
        CoreState& core_;
    };

    struct OwnedStore {
        std::string name;
        std::uint32_t number = 0;  // the name's
        std::unique_ptr<storage::Store> store;
    };

    EngineState& engine;
    io::Reactor& reactor;
    std::shared_ptr<const meta::Catalog> catalog;  // the snapshot that this core works with
    // The same stores in the same order; the first takes the writes of this core, the others are
    // read.
    std::vector<OwnedStore> owned_stores;
    std::vector<storage::Store*> stores;
    Admission admission;
    CoreMetrics metrics;
    WriteListener* listener = nullptr;  // outlives the writes; null: nobody is told
    // Since start, of the groups that live. A write counts once for each group it has points for.
    struct GroupWrites {
        std::uint64_t writes = 0;
        std::uint64_t failed = 0;
        std::uint64_t points = 0;
        std::uint64_t last_write = 0;  // the last that was counted
    };
    std::map<model::ShardGroupId, GroupWrites> group_writes;

private:
    // The result of checking a batch against the newest snapshot.
    enum class Checked : std::uint8_t {
        kFits,        // findings_ say which rows go; the rest can be appended
        kAsk,         // findings_.missing names what core 0 has to make first
        kWait,        // a measurement of the batch is being dropped
        kParseAgain,  // the batch is about a head or a shard group that is no more
        kNotFound,    // database or policy have been dropped meanwhile
    };
    bool is_being_dropped(std::string_view database, const model::SeriesIndex& index,
                          const model::PointBatch& batch) const;
    Checked check(std::string_view database, std::string_view policy, std::uint64_t head_id,
                  std::uint64_t fields_max, model::PointBatch& batch);
    // Gives tables of shard groups that have been made meanwhile their group's id.
    static bool adopt_new_groups(const meta::RetentionPolicy& policy, model::PointBatch& batch);
    io::Task<WriteOutcome> write_within_bounds(WriteTarget target, SeriesBounds bounds,
                                               model::PointBatch& batch,
                                               std::vector<model::Rejection>& rejections);
    // What is left of write() when the series may be written.
    io::Task<WriteOutcome> write_checked(const WriteTarget& target, model::PointBatch& batch,
                                         std::vector<model::Rejection>& rejections);
    io::Task<WriteOutcome> store(const WriteTarget& target, model::PointBatch& batch,
                                 std::vector<model::Rejection>& rejections);
    io::Task<WriteOutcome> store_and_tell(WriteTarget target, model::PointBatch& batch,
                                          std::vector<model::Rejection>& rejections);
    io::Task<WriteOutcome> write_after_asking(meta::NamesWanted wanted, Checked checked,
                                              std::uint64_t head_id, std::uint64_t fields_max,
                                              model::PointBatch& batch,
                                              std::vector<model::Rejection>& rejections);
    // `wanted` names database and policy; its groups are overwritten.
    io::Task<Result<void>> ask_for_names(meta::NamesWanted& wanted,
                                         std::vector<meta::GroupWanted> missing);
    void count_groups(const model::PointBatch& batch, bool written);
    io::Task<WriteOutcome> append(model::PointBatch& batch,
                                  std::vector<model::Rejection>& rejections);

    // Measurements that are being dropped, with their databases: writes to them wait.
    std::vector<std::pair<std::string, std::string>> dropping_;
    io::Event dropped_;
    std::uint64_t writes_counted_ = 0;  // the number of the write that is being counted
    // Those of `catalog`. The stores have them too, and are told only when they are others.
    std::shared_ptr<const model::TombstoneMap> tombstones_;

    std::uint64_t epoch_ = 0;                       // of views that begin now
    std::map<std::uint64_t, std::uint32_t> views_;  // how many began at an epoch, and live
    bool hands_over_ = false;
    std::uint32_t hand_over_calls_ = 0;
    io::Event hand_over_calls_ended_;

    SeriesGate series_gate_;
    SchemaChecker checker_;
    SchemaFindings findings_;  // of the write that is being checked; never used across a wait
};

}  // namespace sluice::engine
