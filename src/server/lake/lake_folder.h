// The root of a lake as one node uses it: a folder of its own, in which files are made, and the
// tables, in which they get their names.
//
//     <root>/.sluice/<node>/owner     whose journal the node's files are in
//     <root>/.sluice/<node>/stage/    files that nobody reads yet
//     <root>/<database>/...           published_path()
//
// Synchronous: to be called beside the cores.
#pragma once

#include <cstdint>
#include <string>

#include "server/lake/file_steps.h"
#include "server/lake/publication.h"
#include "sluice/base/result.h"

namespace sluice::server {

class LakeFolder {
public:
    // `steps` outlives it.
    LakeFolder(FileSteps& steps, std::string root, std::string node)
        : steps_(&steps), root_(std::move(root)), node_(std::move(node)) {}

    // kConflict: the node's name is another's here; or nobody has it although `has_published`.
    // kNotFound: the root is not there.
    Result<void> claim(std::uint64_t owner, bool has_published, const std::string& journal);

    std::string stage() const { return own() + "/stage"; }
    static std::string staged_name(std::int64_t day, std::uint32_t part);
    Result<void> clear_stage();

    // The staged files of `next` get their names, and those of `before`, if it is not null, go: day
    // by day. May be repeated after an end at any point of it, until it has succeeded.
    Result<void> replace(const PublicationKey& key, const Publication* before,
                         const Publication& next);

private:
    std::string own() const { return root_ + "/.sluice/" + node_; }
    std::string path_of(const PublicationKey& key, std::uint64_t generation,
                        const WrittenFile& file) const {
        return root_ + "/" + published_path(key, node_, generation, file);
    }
    Result<void> bring(const PublicationKey& key, const Publication& next, const WrittenFile& file);
    Result<void> take_away(const PublicationKey& key, const Publication& before,
                           const WrittenFile& file);

    FileSteps* steps_;
    std::string root_;
    std::string node_;
};

}  // namespace sluice::server
