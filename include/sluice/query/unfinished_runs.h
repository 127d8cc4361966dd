// Which continuous queries a process began to run and never finished, kept from one process to the
// next: a query that ends the process each time it runs must not end every start.
//
// The process notes a query before it runs it for the first time, and takes the note back when the
// run has ended, well or not. A note that a start finds was made by a process that ended meanwhile.
// It need not survive a power cut, only the end of the process, so nothing is synced. Where the
// file cannot be read or written there are no notes, and queries run all the same.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "sluice/base/aligned_buffer.h"
#include "sluice/base/bytes.h"
#include "sluice/base/result.h"
#include "sluice/io/reactor.h"
#include "sluice/io/task.h"

namespace sluice::query {

// Of one core; one call at a time.
class UnfinishedRuns {
public:
    using Key = std::pair<std::string, std::string>;  // database, name

    // `reactor` outlives this. The file is made by the first note.
    UnfinishedRuns(io::Reactor& reactor, std::string path)
        : reactor_(reactor), path_(std::move(path)) {}

    // Reads what earlier processes left. Once, before everything else.
    io::Task<void> load();

    // How many processes in a row began the query and ended before it did. `checksum` is of its
    // text: a query of another text has no notes.
    std::uint32_t count(const Key& key, std::uint32_t checksum) const;

    // Completes when the note is with the kernel.
    io::Task<void> note_begin(const Key& key, std::uint32_t checksum);
    // Takes it back, if there is one.
    io::Task<void> note_end(const Key& key);

private:
    struct Note {
        std::uint32_t checksum = 0;
        std::uint32_t count = 0;
    };

    io::Task<void> save();
    io::Task<Result<void>> replace(const AlignedBuffer& block);
    void parse(ByteSpan bytes);

    io::Reactor& reactor_;
    const std::string path_;
    bool has_failed_ = false;  // said once
    std::map<Key, Note> notes_;
};

}  // namespace sluice::query
