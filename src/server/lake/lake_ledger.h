// Publishes what lies ready, so that whatever ends the process at whatever moment, the next start
// comes to a state in which each group has the files of exactly one generation.
//
//     files are made in the stage      nothing is promised
//     PLANNED is durable               the new generation counts: it is gone on with
//     new files get their names, those of the generation before go
//     PUBLISHED is durable             done
//
// open() does what an end left undone, and empties the stage. Synchronous: to be called beside the
// cores, one call at a time. After an error the ledger must be opened again.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "server/lake/lake_folder.h"
#include "server/lake/lake_journal.h"
#include "sluice/base/result.h"

namespace sluice::server {

struct LakePlace {
    std::string data_directory;
    std::string root;
    std::string node;
};

class LakeLedger {
public:
    // `owner`: a number that nobody else draws, for a journal that is new. `steps` outlives it.
    static Result<LakeLedger> open(FileSteps& steps, const LakePlace& place, std::uint64_t owner);

    const LakeState& state() const { return journal_.state(); }
    std::string stage() const { return folder_.stage(); }

    // What lies staged becomes what is published of `key`, as the generation that comes next; the
    // generation of `candidate` is not looked at. False: it is what is published already, and only
    // its mark is noted.
    Result<bool> publish(const PublicationKey& key, Publication candidate,
                         std::map<lake::TableName, std::string> new_names);
    // Nothing is published of it any more, and it is forgotten.
    Result<void> withdraw(const PublicationKey& key);
    // Its files stay, and nobody looks after them any more.
    Result<void> forget(const PublicationKey& key);
    // For what is staged next.
    Result<void> clear_stage() { return folder_.clear_stage(); }

private:
    LakeLedger(LakeJournal journal, LakeFolder folder)
        : journal_(std::move(journal)), folder_(std::move(folder)) {}

    Result<void> replace(const PublicationKey& key, Publication next,
                         std::map<lake::TableName, std::string> new_names);
    // What is planned of `key` gets its names.
    Result<void> carry_out(const PublicationKey& key);

    LakeJournal journal_;
    LakeFolder folder_;
};

}  // namespace sluice::server
