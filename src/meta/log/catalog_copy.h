// One of the directories that keep the catalog: a snapshot and a log of the changes since, both
// numbered by a generation.
//
// A new generation is begun by begin(), write_snapshot(), end_snapshot() and commit(). The rename
// of the snapshot in commit() is the moment at which history goes on in the new log. One older
// generation is kept for the case that the newest snapshot is damaged. Bytes: CATALOG_FORMAT.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/base/bytes.h"
#include "sluice/base/result.h"
#include "sluice/io/file.h"
#include "sluice/io/task.h"

namespace sluice::meta {

// Of one core; one operation at a time; close() before destruction.
class CatalogCopy {
public:
    CatalogCopy(io::Reactor& reactor, std::string directory);

    const std::string& directory() const { return directory_; }
    bool can_append() const { return writable_; }
    std::uint64_t log_bytes() const { return end_; }

    // Goes on in the log of `generation` at `end`.
    io::Task<Result<void>> resume(std::uint64_t generation, std::uint64_t end);
    // Makes one frame durable; it is aligned and stays alive until completion. After an error
    // nothing is known about what is on disk, and nothing is appended to this log any more.
    io::Task<Result<void>> append(ByteSpan frame);
    // Others go on without this one: its log is not complete from here on.
    void give_up();

    // The directory is made if need be, and the log with its first frame.
    io::Task<Result<void>> begin(std::uint64_t generation, ByteSpan log_start);
    io::Task<Result<void>> write_snapshot(ByteSpan frames);  // aligned
    io::Task<Result<void>> end_snapshot();
    // After an error a restart may find either generation: neither log is appended to.
    io::Task<Result<void>> commit();
    // Instead of commit(), after whatever went wrong: removes what begin() made.
    io::Task<void> abandon();

    // What damage left behind is renamed by the next clean_up(), never removed.
    void set_aside_later(std::vector<std::string> names);
    // Writes down what was lost, so that later starts say it, too.
    io::Task<Result<void>> remember(std::string text);
    // Removes what is older than the generation before this one.
    io::Task<void> clean_up();

    io::Task<void> close();

private:
    io::Task<Result<void>> make_log(ByteSpan log_start);
    io::Task<void> set_aside();
    io::Task<void> remove(std::string name);
    std::string path_of(const std::string& name) const { return directory_ + "/" + name; }
    std::string unfinished_path() const;

    io::Reactor& reactor_;
    const std::string directory_;
    io::File log_;
    bool writable_ = false;
    std::uint64_t generation_ = 0;  // of log_
    std::uint64_t end_ = 0;         // where the next frame goes
    // The log before this one was not complete: it is no fallback.
    bool was_given_up_ = false;
    std::vector<std::string> damaged_;

    // Between begin() and commit() or abandon().
    std::uint64_t next_generation_ = 0;
    io::File next_log_;
    io::File next_snapshot_;
    std::uint64_t next_snapshot_end_ = 0;
};

}  // namespace sluice::meta
