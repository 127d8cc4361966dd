#include "storage/upkeep/maintenance.h"

#include <memory>
#include <vector>

#include "sluice/base/log.h"
#include "sluice/io/file.h"

namespace sluice::storage {
namespace {

// Writes go on at most this long after free space has come back.
constexpr std::int64_t kMaintenanceNs = 250 * kMillisecondNs;
// A single failure may be one bad place of the device: the log goes on in another file.
constexpr std::uint32_t kLogFailuresMax = 3;

}  // namespace

// One look at everything, four times a second. Each of these is cheap, and none is urgent: who
// meets a full disk or a failed log is told so by the operation itself.
io::Task<void> Maintenance::run() {
    co_await life_.reactor.switch_to(io::Share::kBackground);
    while (!life_.stopping) {
        auto space = co_await io::free_space(life_.reactor, life_.options.directory);
        if (space.ok()) trouble_.set_no_space(*space < life_.options.free_space_min);
        if (wal_.failures_in_a_row >= kLogFailuresMax) trouble_.set_read_only(true);
        if (trouble_.read_only()) co_await probe_log();
        if (life_.options.background) heads_.rotate_if_due();
        if (life_.stopping) break;
        co_await tick_.wait_until(life_.reactor.monotonic_ns() + kMaintenanceNs);
    }
}

io::Task<void> Maintenance::make_manifest() {
    const Result<void> made = co_await manifest_.append({});
    if (made.ok()) {
        log_info("the manifest can be written again", {{"store", life_.options.directory}});
    }
}

void Maintenance::note_log(std::uint64_t log_number, std::uint64_t head_id) {
    if (!life_.stopping) life_.gate.spawn(record_log(log_number, head_id));
}

io::Task<void> Maintenance::record_log(std::uint64_t log_number, std::uint64_t head_id) {
    co_await life_.reactor.switch_to(io::Share::kBackground);
    if (life_.stopping || head_id <= manifest_.state().flushed_head) co_return;
    std::vector<ManifestEdit> edits;
    edits.push_back(edit::LogBegun{log_number, head_id, life_.options.wal_file_bytes});
    (void)co_await manifest_.append(std::move(edits));
}

io::Task<void> Maintenance::end_logs(bool is_flushing) {
    if (trouble_.read_only() || trouble_.no_space()) co_return;
    std::vector<std::shared_ptr<Generation>> all;
    if (!is_flushing) all.assign(heads_.frozen().begin(), heads_.frozen().end());
    all.push_back(heads_.active());
    std::vector<ManifestEdit> ends;
    for (const std::shared_ptr<Generation>& each : all) {
        if (each->log == nullptr || each->log->bytes_written() == 0) continue;
        // Without the empty frame, which holds nothing that could be lost.
        ends.push_back(edit::LogEnded{each->head->id(), each->log->last_frame()});
        (void)co_await each->log->probe();
    }
    if (!ends.empty()) (void)co_await manifest_.append(std::move(ends));
}

// An empty frame is a whole write and promises nothing. The guard keeps the head from being flushed
// under it, like an append.
io::Task<void> Maintenance::probe_log() {
    const std::shared_ptr<Generation> generation = heads_.active();
    const AppendGuard guard(*generation, life_.changed, nullptr);
    auto probed = co_await generation->log->probe();
    if (!probed.ok()) co_return;
    trouble_.set_read_only(false);
    log_info("the log can be written again", {{"store", life_.options.directory}});
}

}  // namespace sluice::storage
