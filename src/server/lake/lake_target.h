// The root of a lake as one node uses it: the tables, in which files have their names, and a mark
// that says whose the node's name is. A folder (LakeFolder) or a bucket (LakeBucket).
//
//     <root>/.sluice/<node>/owner     whose journal the node's files are in
//     <root>/<database>/...           published_path()
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/lake/publication.h"
#include "sluice/base/result.h"
#include "sluice/io/task.h"

namespace sluice::server {

// It belongs to one core. One call at a time; close() completes before destruction.
class LakeTarget {
public:
    LakeTarget(std::string node, std::string stage)
        : node_(std::move(node)), stage_(std::move(stage)) {}
    LakeTarget(const LakeTarget&) = delete;
    LakeTarget& operator=(const LakeTarget&) = delete;
    virtual ~LakeTarget() = default;

    // kConflict: the node's name is another's here; or nobody has it although `has_published`.
    // kNotFound: the root is not there.
    io::Task<Result<void>> claim(std::uint64_t owner, bool has_published, std::string journal);

    // The folder of files that nobody reads yet.
    const std::string& stage() const { return stage_; }
    static std::string staged_name(std::int64_t day, std::uint32_t part);
    io::Task<Result<void>> clear_stage();

    // The staged files of `next` get their names, and those of `before`, if it is not null, go: day
    // by day. May be repeated after an end at any point of it, until it has succeeded. `key` and
    // both publications outlive the call.
    io::Task<Result<void>> replace(const PublicationKey& key, const Publication* before,
                                   const Publication& next);

    // The bytes of a file at its path below the root. kNotFound: it is not there.
    virtual io::Task<Result<std::string>> read(std::string path, std::uint64_t bytes) = 0;

    // Makes a call that is under way end soon, and later ones at once.
    virtual void give_up() {}
    virtual io::Task<void> close() = 0;

protected:
    // A file that is to get its name.
    struct Arrival {
        std::string staged;  // where it is
        std::string path;    // where it will be, below the root
        WrittenFile facts;
    };
    // The files of a day of a shard group that are not of the generation that counts.
    struct Departure {
        std::string prefix;                // of all files of that group and day
        std::vector<std::string> leaving;  // those of the generation before
        std::set<std::string> staying;     // those of the one that counts
    };

    const std::string& node() const { return node_; }
    std::string owner_path() const { return ".sluice/" + node_ + "/owner"; }

    // Nothing: nobody has the node's name.
    virtual io::Task<Result<std::optional<std::string>>> read_owner() = 0;
    // Another may have been first: read_owner() says who is.
    virtual io::Task<Result<void>> write_owner(std::string text) = 0;
    // May be repeated, as may be take_away().
    virtual io::Task<Result<void>> bring(Arrival arrival) = 0;
    virtual io::Task<Result<void>> take_away(Departure departure) = 0;

private:
    const std::string node_;
    const std::string stage_;
};

}  // namespace sluice::server
