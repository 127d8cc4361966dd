// A data directory that may be opened, repaired and written to without touching the one it stands
// for: small files and logs are copies, segments, which nobody ever writes to, are links. A server
// may be at work on it: then the copy is of one instant (running_copy.h).
//
// Synchronous.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/tool/running_copy.h"
#include "sluice/base/result.h"

namespace sluice::server {

class ScratchCopy {
public:
    // Of `directory`, or of one store, below `parent`, which exists. Whoever calls holds the lock
    // of `directory`, unless `is_running`. kNoSpace, kIo: the copy cannot be written; kBusy: the
    // server changes too much.
    static Result<ScratchCopy> make(const std::string& directory, const std::string& parent,
                                    bool is_running);
    ScratchCopy(ScratchCopy&& other) noexcept;
    ScratchCopy& operator=(ScratchCopy&&) = delete;
    ~ScratchCopy();  // removes it

    std::string data_directory() const { return root_ + "/data"; }
    // A sentence each: files of the directory that cannot be read.
    const std::vector<std::string>& unreadable() const { return unreadable_; }
    // In a text of the server: paths of the copy become those of the directory.
    std::string with_real_paths(std::string text) const;

private:
    ScratchCopy(std::string root, std::string place, std::string original);
    Result<void> fill(const std::string& from, const std::string& to);
    Result<void> take(const std::string& from, const std::string& to, const std::string& name);

    std::string root_;
    std::string place_;     // in it, what stands for ...
    std::string original_;  // ... this; absolute
    std::vector<std::string> unreadable_;
    std::unique_ptr<RunningCopy> running_;  // null: nobody works on the directory
};

}  // namespace sluice::server
