// The durable list of live segments: a segment exists when the manifest says so.
//
// An append-only log of checksummed records. It is written anew, shorter, at every opening, when it
// has grown, and when a write to it failed: what a failed write left on disk is unknown, so the
// file is given up and the next one begins with everything.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/io/event.h"
#include "sluice/io/file.h"
#include "sluice/io/task.h"
#include "storage/manifest_format.h"

namespace sluice::storage {

// What reading a store's directory for manifests found.
struct ManifestSearch {
    std::optional<ManifestState> state;  // nothing: there is no readable manifest
    std::vector<std::uint64_t> numbers;  // of all manifest files, ascending
    std::uint64_t damaged = 0;           // files newer than the one that was used
    bool torn = false;
};

// kUnsupported: a newer version wrote it; nothing may be touched.
io::Task<Result<ManifestSearch>> find_manifest(io::Reactor& reactor, std::string store);

// One append() after another; further calls wait. close() before destruction.
class Manifest {
public:
    Manifest(io::Reactor& reactor, std::string store)
        : reactor_(reactor), store_(std::move(store)) {}

    // Writes a new file with `state`, then removes the files of `older`.
    io::Task<Result<void>> create(ManifestState state, std::vector<std::uint64_t> older);

    // Applies `edits` and makes them durable. While the device refuses, it tries again with new
    // files and does not complete: whether a failed write is on disk is unknown, so the caller can
    // neither go on nor back. kCancelled after stop(): the edits may or may not be durable.
    io::Task<Result<void>> append(std::vector<ManifestEdit> edits);

    // What is durable (while an append is under way: what was before it).
    const ManifestState& state() const { return state_; }
    // An id no segment ever had.
    std::uint64_t take_segment_id() { return state_.next_segment_id++; }

    const std::optional<Error>& trouble() const { return trouble_; }
    void stop() {
        stopping_ = true;
        changed_.notify_all();
    }
    io::Task<void> close();

private:
    io::Task<Result<void>> write_record(const std::vector<ManifestEdit>& edits);
    io::Task<Result<void>> write_new_file(const ManifestState& state);
    io::Task<void> retire_file();

    io::Reactor& reactor_;
    std::string store_;
    ManifestState state_;
    io::File file_;
    std::uint64_t file_number_ = 0;
    std::uint64_t file_bytes_ = 0;  // allocated
    std::uint64_t offset_ = 0;
    std::uint64_t records_ = 0;
    std::uint64_t hash_ = 0;
    bool file_usable_ = false;
    bool busy_ = false;
    bool stopping_ = false;
    std::optional<Error> trouble_;
    io::Event changed_;
};

}  // namespace sluice::storage
