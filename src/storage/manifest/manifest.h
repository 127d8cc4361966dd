// The durable list of live segments: a segment exists when the manifest says so.
//
// An append-only log of checksummed records, in two files that hold the same: what is damaged in
// one is read from the other. It is written anew, shorter, at every opening, when it has grown, and
// when a write to it failed: what a failed write left on disk is unknown, so both files are given
// up and the next ones begin with everything. Where an opening finds no space for new files it goes
// on in the old ones, whose space is allocated.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/aligned_buffer.h"
#include "sluice/base/result.h"
#include "sluice/io/event.h"
#include "sluice/io/file.h"
#include "sluice/io/task.h"
#include "storage/manifest/manifest_format.h"

namespace sluice::storage {

// The result of looking for manifests in the directory of a store.
struct ManifestSearch {
    std::optional<ManifestContent> content;  // nothing: there is no readable manifest
    std::uint64_t number = 0;                // of the file it was read from
    std::vector<std::uint64_t> numbers;      // of all manifest files, ascending
    std::vector<std::string> unreadable;     // files the device does not give back
    std::uint64_t damaged = 0;               // files newer than the one that was used
    // Whether the file has both of its copies. Where a version before made it there is one.
    bool has_copy = false;
    bool copy_missing = false;  // a copy of this version is gone

    // Whether something that was durable in it is not known any more.
    bool has_lost_something() const { return !content || content->records_lost != 0; }
};

// Finds the manifest. It fails with kUnsupported if a newer version wrote it: then nothing may be
// touched.
io::Task<Result<ManifestSearch>> find_manifest(io::Reactor& reactor, std::string store);

// One append() runs after another; further calls wait. close() completes before destruction.
class Manifest {
public:
    Manifest(io::Reactor& reactor, std::string store)
        : reactor_(reactor), store_(std::move(store)) {}

    // Begins a life with `state`, which `found` led to: its incarnation is one no other life had.
    // Writes a new file, and then removes those before it, or goes on in the old one. While the
    // device allows neither, is_durable() is false and append() goes on trying.
    io::Task<void> begin(ManifestState state, ManifestSearch found);
    // Returns whether the state that begin() was given is on disk. Before that, nothing may be
    // written that relies on the incarnation.
    bool is_durable() const { return durable_; }

    // Applies `edits` and makes them durable. While the device refuses, it tries again with new
    // files and does not complete: whether a failed write is on disk is unknown, so the caller can
    // neither go on nor back. kCancelled after stop(): the edits may or may not be durable.
    io::Task<Result<void>> append(std::vector<ManifestEdit> edits);

    // Returns the durable state. While an append is under way it is the state before it.
    const ManifestState& state() const { return state_; }
    // Returns an id that no segment ever had.
    std::uint64_t take_segment_id() { return state_.next_segment_id++; }

    const std::optional<Error>& trouble() const { return trouble_; }
    void stop() {
        stopping_ = true;
        changed_.notify_all();
    }
    io::Task<void> close();

private:
    io::Task<Result<void>> write_record(const std::vector<ManifestEdit>& edits);
    // The beginning of a new file: one record with everything that is true.
    struct NewFile {
        AlignedBuffer record;
        std::uint64_t hash = 0;
        std::uint64_t bytes = 0;  // to allocate
    };
    static NewFile encode_new_file(const ManifestState& state);
    io::Task<Result<io::File>> make_file(std::string path, std::uint64_t bytes);
    io::Task<Result<void>> make_files(const NewFile& content);
    io::Task<Result<void>> fill_files(const NewFile& content);
    io::Task<Result<void>> write_both(ByteSpan bytes, std::uint64_t offset);
    io::Task<void> discard_new_files();
    io::Task<Result<void>> write_new_file(const ManifestState& state);
    io::Task<Result<void>> continue_file(const ManifestSearch& found, const ManifestState& state);
    io::Task<void> retire_older();
    io::Task<bool> retire_file(std::string path);

    io::Reactor& reactor_;
    std::string store_;
    ManifestState state_;
    io::File file_;
    io::File copy_;  // closed where an old file without a copy goes on
    // While new files are being made.
    io::File new_file_;
    io::File new_copy_;
    std::uint64_t file_number_ = 0;
    std::uint64_t file_bytes_ = 0;  // allocated
    std::uint64_t offset_ = 0;
    std::uint64_t records_ = 0;
    std::uint64_t hash_ = 0;
    bool file_usable_ = false;
    bool durable_ = false;
    std::vector<std::uint64_t> older_;  // files that the next new one replaces
    bool busy_ = false;
    bool stopping_ = false;
    std::optional<Error> trouble_;
    io::Event changed_;
};

}  // namespace sluice::storage
