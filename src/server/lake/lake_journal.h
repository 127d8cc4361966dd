// The journal of what a node has published to one root: a file below the data directory, records
// behind each other (JOURNAL_FORMAT.md).
//
// Synchronous: to be called beside the cores.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/lake/file_steps.h"
#include "server/lake/lake_state.h"
#include "sluice/base/result.h"

namespace sluice::server {

// Where the journals of a data directory are, and that of a root and node.
std::string journal_folder(const std::string& data_directory);
std::string journal_path(const std::string& data_directory, const std::string& root,
                         const std::string& node);
// Beside it, the folder of files for a bucket that nobody reads yet.
std::string stage_path(const std::string& data_directory, const std::string& root,
                       const std::string& node);

// What the bytes of a journal say. A record at the end that was cut short has not been written.
// kCorrupt: damage.
Result<LakeState> parse_journal(std::string_view bytes, const std::string& path);

class LakeJournal {
public:
    // Reads the journal, or begins one with `fresh`, and writes it anew without what has been
    // superseded. `steps` outlives it.
    static Result<LakeJournal> open(FileSteps& steps, std::string path, LakeIdentity fresh);

    const LakeState& state() const { return state_; }
    // Durable, and part of the state. After a failure the journal must be opened again: what is at
    // its end is not known.
    Result<void> append(const LakeRecord& record);

private:
    LakeJournal(FileSteps& steps, std::string path, LakeState state)
        : steps_(&steps), path_(std::move(path)), state_(std::move(state)) {}

    FileSteps* steps_;
    std::string path_;
    LakeState state_;
};

}  // namespace sluice::server
