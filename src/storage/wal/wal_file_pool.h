// The pool holds log files that wait to be used. Their space is allocated and written, so that a
// commit changes no metadata of the file system and cannot run out of space.
//
// Files are made ahead of need in the background share, and come back when the head they belonged
// to is in segments.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/aligned_buffer.h"
#include "sluice/base/result.h"
#include "sluice/io/event.h"
#include "sluice/io/file.h"
#include "sluice/io/task.h"

namespace sluice::storage {

struct WalFile {
    io::File file;
    std::uint64_t number = 0;
    // A write to the file failed. It is never written again, and is removed instead of used again.
    bool failed = false;
    // The start could not read all of the file. It is kept under another name instead of used
    // again.
    bool damaged = false;
};

struct LogFilePoolOptions {
    std::string store;  // its directory
    std::uint64_t file_bytes = 0;
    std::uint32_t spare_target = 0;
    std::uint32_t spare_max = 0;
};

// stop() completes before destruction.
class WalFilePool {
public:
    WalFilePool(io::Reactor& reactor, LogFilePoolOptions options);

    // These are called before run(): with each file found on disk that no head needs, and with a
    // number above all that were ever seen.
    void adopt(std::unique_ptr<WalFile> file) { spare_.push_back(std::move(file)); }
    void set_next_number(std::uint64_t number) { next_number_ = number; }

    // Makes spare files whenever there are too few. Ends after stop().
    io::Task<void> run();
    void stop();
    // Closes the spare files. It is called after run() has ended.
    io::Task<void> close();

    // Returns the oldest spare file, or nullptr, in which case one is being made.
    std::unique_ptr<WalFile> try_take();
    // Returns a spare file, or waits until one is made. The error is that of the attempt.
    io::Task<Result<std::unique_ptr<WalFile>>> take();

    // Gives files back for further use. Those that are too many, or failed, are removed.
    io::Task<void> give_back(std::vector<std::unique_ptr<WalFile>> files);

    // The reason why there is no spare file. It is empty while there is one, or while none has been
    // tried.
    const std::optional<Error>& trouble() const { return trouble_; }
    std::size_t spare_count() const { return spare_.size(); }

    // Called when a file could be made after trouble.
    std::function<void()> on_recovery;

private:
    io::Task<Result<std::unique_ptr<WalFile>>> make_file();
    io::Task<Result<void>> fill_file(io::File& file);
    void add_spare(std::unique_ptr<WalFile> file);
    bool wants_more() const { return spare_.size() < options_.spare_target; }

    io::Reactor& reactor_;
    LogFilePoolOptions options_;
    AlignedBuffer zeroes_;  // while files are made
    std::deque<std::unique_ptr<WalFile>> spare_;
    std::uint64_t next_number_ = 1;
    std::uint64_t attempts_failed_ = 0;
    bool stopping_ = false;
    std::optional<Error> trouble_;
    io::Event wanted_;   // run() waits here
    io::Event changed_;  // takers wait here
};

}  // namespace sluice::storage
