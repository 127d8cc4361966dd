#include "storage/parts/quarantine.h"

#include "sluice/base/log.h"
#include "sluice/io/file.h"
#include "storage/files/file_names.h"

namespace sluice::storage {

void Quarantine::report(const SegmentPtr& segment, const Error& error, bool unreadable) {
    if (io::abandoning()) return;
    const bool is_corrupt = error.kind == ErrorKind::kCorrupt;
    // What a device does not give back now, it may give back later; and a segment leaves once.
    const bool leaves = is_corrupt && unreadable && !segment->damaged() &&
                        segments_.find(segment->record()) != nullptr;
    if (is_corrupt) segment->set_damaged();
    trouble_.note_damaged_place(segment->path(), error);
    if (leaves && !life_.stopping) life_.gate.spawn(set_aside(segment));
}

// Out of the set at once: the next query must not fail at it again. Its rows are missing from here
// on, and answers count them as lost, although the manifest may take a while to say so.
io::Task<void> Quarantine::set_aside(SegmentPtr segment) {
    SLUICE_CHECK(segment->damaged());
    std::vector<ManifestEdit> edits;
    edits.push_back(edit::RemoveSegment{segment->record().id});
    segments_.remove(segment);
    ++count_;
    segments_.add_lost(segment->record());
    report_.quarantined.push_back(segment->path());
    // The file is renamed only when the manifest no longer needs it: a start that finds a listed
    // segment missing reports a loss.
    auto recorded = co_await manifest_.append(std::move(edits));
    if (!recorded.ok()) co_return;
    auto renamed =
        co_await io::rename_file(life_.reactor, segment->path(), quarantine_path(segment->path()));
    if (!renamed.ok()) {
        log_warn("a damaged segment keeps its name", {{"error", renamed.error().message}});
    }
}

}  // namespace sluice::storage
