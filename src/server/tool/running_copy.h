// A copy of the lists and logs of a directory that a server works on, as they were at one instant,
// and a hold on the segments that they name. Every point that was acknowledged before the copying
// began is in it; of what came during it there may be some.
//
// The server is not asked and does not notice. It helps that files of a store change in few ways
// (src/storage/README.md): segments never, until they are unlinked; lists, which are manifests and
// the catalog's files, and logs at their ends only, until a list has said that they are not needed.
// So lists that are the same before and after all segments have been opened were the truth
// meanwhile. The logs that they need are copied then; if one of them has been taken into use again
// by that time, all is done again.
//
// Synchronous.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "server/tool/descriptor.h"
#include "sluice/base/result.h"
#include "sluice/storage/live_files.h"
#include "sluice/storage/log_use.h"

namespace sluice::server {

class RunningCopy {
public:
    // Of what lies in the folders `tops` of `from`, into `to`, which exists.
    RunningCopy(std::string from, std::string to, std::vector<std::string> tops);
    // Links in the copy lead to segments for as long as this object lives.
    ~RunningCopy();

    // kBusy: it changes faster than it can be copied. kNoSpace, kIo: the copy cannot be written.
    Result<void> make();
    // A sentence each: what cannot be read.
    const std::vector<std::string>& unreadable() const { return unreadable_; }

private:
    // Names below `from_`.
    struct Files {
        std::vector<std::string> folders;
        std::vector<std::string> lists;
        std::vector<std::string> logs;
        std::vector<std::string> segments;
    };
    // What has been copied of a log file.
    struct LogCopy {
        storage::LogUse use;
        bool is_ended = false;  // by the time it was copied, so that there is nothing more
    };
    using Lists = std::map<std::string, std::string>;  // the bytes by name
    // By the folder of the store; nothing where a manifest does not tell.
    using Live = std::map<std::string, std::optional<storage::LiveFiles>>;

    Files find_files();
    void find_files(const std::string& folder, Files& files);
    Lists read_lists();
    static Live live_files(const Lists& lists);
    Result<void> hold_segments();
    // False: one that is needed is not there any more.
    Result<bool> copy_logs(const Live& live);
    Result<bool> copy_logs(const std::string& store, std::vector<std::string> names,
                           const std::optional<storage::LiveFiles>& live);
    Result<void> write(const Lists& lists) const;
    Result<void> link_segments(const Live& live) const;

    const std::string from_;
    const std::string to_;
    const std::vector<std::string> tops_;
    std::map<std::string, LogCopy> logs_;         // by name
    std::map<std::string, Descriptor> segments_;  // by name
    std::vector<std::string> unreadable_;         // of the last round
};

}  // namespace sluice::server
