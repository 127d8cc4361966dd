#include "rare_states.h"

namespace sluice::server {
namespace {

// Words of the log, as src says them, and those of the simulation.
constexpr std::string_view kStates[] = {
    // The disk, as the next start finds it.
    "a log ended in a torn frame",
    "rows were replayed from several logs of a store",
    "leftovers of unfinished work were removed",
    "a manifest that was begun is not whole; the one before it serves",
    "a change of the catalog is in one copy only: it is written to the other",
    "the power failed before the server served",
    "the power failed under several connections",
    // Work that meets trouble.
    "the disk was filled",
    "flush failed; it is tried again",
    "compaction failed; it is tried again",
    "flush at stop failed",
    "log write failed; the file is sealed",
    "no room for the write-ahead log",
    "the manifest can be written again",
    "the catalog can be written again",
    "a copy of the catalog is complete again",
    "a segment file stays until the next start",
    // What clients meet.
    "a write was answered by 503 or 429",
    "a body was parsed again",
    "segments were merged",
};

}  // namespace

void RareStates::note(std::string_view name) {
    const auto at = counts_.find(name);
    if (at != counts_.end()) {
        ++at->second;
    } else {
        counts_.emplace(name, 1);
    }
}

std::vector<std::string> RareStates::unreached() const {
    std::vector<std::string> names;
    for (const std::string_view each : kStates) {
        if (!counts_.contains(each)) names.emplace_back(each);
    }
    return names;
}

std::string RareStates::report() const {
    std::string text;
    for (const auto& [name, count] : counts_) {
        text += std::to_string(count) + "  " + name + "\n";
    }
    return text;
}

}  // namespace sluice::server
