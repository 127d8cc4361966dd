#include "server/lake/lake_folder.h"

#include <filesystem>
#include <set>
#include <system_error>

#include "server/export/parquet_file.h"

namespace sluice::server {
namespace {

namespace fs = std::filesystem;

Error conflict(std::string sentence) {
    return {ErrorKind::kConflict, std::move(sentence)};
}

}  // namespace

std::string LakeFolder::staged_name(std::int64_t day, std::uint32_t part) {
    return std::to_string(day) + "_" + std::to_string(part) + ".staged";
}

Result<void> LakeFolder::claim(std::uint64_t owner, bool has_published,
                               const std::string& journal) {
    if (!is_there(root_)) {
        return Error{ErrorKind::kNotFound, "the folder of the lake is not there"};
    }
    const std::string path = own() + "/owner";
    const std::string mine = std::to_string(owner) + "\n";
    const Result<std::string> found = read_file(path);
    if (found.ok()) {
        if (*found == mine) return {};
        return conflict("node " + node_ +
                        " of the lake belongs to another data directory: give this one another "
                        "[lake] node");
    }
    if (found.error().kind != ErrorKind::kNotFound) return found.error();
    if (has_published) {
        return conflict("nothing of node " + node_ +
                        " is in the lake, where it has published before: if that is not a disk "
                        "that is missing, remove " +
                        journal + ", and everything is published anew");
    }
    return steps_->replace(path, as_byte_span(mine));
}

Result<void> LakeFolder::clear_stage() {
    std::error_code error;
    fs::remove_all(stage(), error);
    if (error) return os_failure(error.value(), "remove what is in " + stage());
    return make_folders(stage());
}

Result<void> LakeFolder::bring(const PublicationKey& key, const Publication& next,
                               const WrittenFile& file) {
    const std::string from = stage() + "/" + staged_name(file.day, file.part);
    const std::string to = path_of(key, next.generation, file);
    const bool is_staged = is_there(from);
    const bool is_named = is_there(to);
    if (is_staged && is_named) {
        return conflict(to + " is there already: somebody else has written it");
    }
    if (is_named) return {};  // before the process ended
    if (is_staged) return steps_->rename(from, to);
    return Error{ErrorKind::kCorrupt, "a file that was to become " + to + " is gone"};
}

Result<void> LakeFolder::take_away(const PublicationKey& key, const Publication& before,
                                   const WrittenFile& file) {
    const std::string path = path_of(key, before.generation, file);
    Result<void> removed = steps_->remove(path);
    if (!removed.ok() && removed.error().kind != ErrorKind::kNotFound) return removed;
    // Folders that nothing is left in; others have files of other groups or nodes.
    std::error_code ignored;
    fs::path folder = fs::path(path).parent_path();
    for (int level = 0; level < 2; ++level, folder = folder.parent_path()) {
        if (!fs::is_empty(folder, ignored) || ignored) break;
        fs::remove(folder, ignored);
    }
    return {};
}

// The files of a day come before those of the generation before go: who reads between the two finds
// the points of that day twice, and never misses one.
Result<void> LakeFolder::replace(const PublicationKey& key, const Publication* before,
                                 const Publication& next) {
    std::set<std::int64_t> days;
    for (const WrittenFile& file : next.files) days.insert(file.day);
    if (before != nullptr) {
        for (const WrittenFile& file : before->files) days.insert(file.day);
    }
    for (const std::int64_t day : days) {
        for (const WrittenFile& file : next.files) {
            if (file.day != day) continue;
            SLUICE_TRY_VOID(bring(key, next, file));
        }
        if (before == nullptr) continue;
        for (const WrittenFile& file : before->files) {
            if (file.day != day) continue;
            SLUICE_TRY_VOID(take_away(key, *before, file));
        }
    }
    return {};
}

}  // namespace sluice::server
