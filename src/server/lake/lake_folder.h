// A lake in a folder, where files are made, too, so that a name is all that changes:
//
//     <root>/.sluice/<node>/stage/    files that nobody reads yet
//
// Each step is made beside the cores: the folder may be a network's.
#pragma once

#include <string>

#include "server/lake/file_steps.h"
#include "server/lake/lake_target.h"

namespace sluice::server {

class LakeFolder final : public LakeTarget {
public:
    // `steps` outlives it.
    LakeFolder(FileSteps& steps, const std::string& root, const std::string& node)
        : LakeTarget(node, root + "/.sluice/" + node + "/stage"), steps_(steps), root_(root) {}

    io::Task<Result<std::string>> read(std::string path, std::uint64_t bytes) override;
    io::Task<void> close() override;

private:
    io::Task<Result<std::optional<std::string>>> read_owner() override;
    io::Task<Result<void>> write_owner(std::string text) override;
    io::Task<Result<void>> bring(Arrival arrival) override;
    io::Task<Result<void>> take_away(Departure departure) override;

    Result<void> rename(const Arrival& arrival);
    Result<void> remove(const std::string& path);

    FileSteps& steps_;
    const std::string root_;
};

}  // namespace sluice::server
