// Publishes what lies ready, so that whatever ends the process at whatever moment, the next start
// comes to a state in which each group has the files of exactly one generation.
//
//     files are made in the stage      nothing is promised
//     PLANNED is durable               the new generation counts: it is gone on with
//     new files get their names, those of the generation before go
//     PUBLISHED is durable             done
//
// open() does what an end left undone, and empties the stage. One call at a time. After an error
// the ledger must be opened again. Files and the journal are changed beside the cores.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "server/lake/lake_journal.h"
#include "server/lake/lake_target.h"
#include "sluice/base/result.h"
#include "sluice/io/task.h"

namespace sluice::server {

struct LakePlace {
    std::string data_directory;
    std::string root;  // LakeSettings::place()
    std::string node;
};

class LakeLedger {
public:
    // `owner`: a number that nobody else draws, for a journal that is new. `steps` and `target`,
    // which is at `place`, outlive it.
    static io::Task<Result<LakeLedger>> open(FileSteps& steps, LakeTarget& target, LakePlace place,
                                             std::uint64_t owner);

    const LakeState& state() const { return journal_.state(); }

    // What lies staged becomes what is published of `key`, as the generation that comes next; the
    // generation of `candidate` is not looked at. False: it is what is published already, and only
    // its mark is noted. The stage is empty after that.
    io::Task<Result<bool>> publish(PublicationKey key, Publication candidate,
                                   std::map<lake::TableName, std::string> new_names);
    // Nothing is published of it any more, and it is forgotten.
    io::Task<Result<void>> withdraw(PublicationKey key);
    // Its files stay, and nobody looks after them any more.
    io::Task<Result<void>> forget(PublicationKey key);

private:
    LakeLedger(LakeJournal journal, LakeTarget& target)
        : journal_(std::move(journal)), target_(&target) {}

    io::Task<Result<void>> replace(PublicationKey key, Publication next,
                                   std::map<lake::TableName, std::string> new_names);
    // What is planned of `key` gets its names.
    io::Task<Result<void>> carry_out(PublicationKey key);
    io::Task<Result<void>> note(LakeRecord record);

    LakeJournal journal_;
    LakeTarget* target_;
};

}  // namespace sluice::server
