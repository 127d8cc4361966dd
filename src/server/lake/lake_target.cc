#include "server/lake/lake_target.h"

#include <filesystem>
#include <system_error>

#include "server/export/parquet_file.h"
#include "sluice/io/aside.h"
#include "sluice/io/reactor.h"

namespace sluice::server {
namespace {

Error conflict(std::string sentence) {
    return {ErrorKind::kConflict, std::move(sentence)};
}

Result<void> empty_folder(const std::string& path) {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    if (error) return os_failure(error.value(), "remove what is in " + path);
    return make_folders(path);
}

}  // namespace

std::string LakeTarget::staged_name(std::int64_t day, std::uint32_t part) {
    return std::to_string(day) + "_" + std::to_string(part) + ".staged";
}

io::Task<Result<void>> LakeTarget::clear_stage() {
    const auto work = [this] { return empty_folder(stage_); };
    return io::run_aside(work, io::Haste::kBackground);
}

io::Task<Result<void>> LakeTarget::claim(std::uint64_t owner, bool has_published,
                                         std::string journal) {
    const std::string mine = std::to_string(owner) + "\n";
    SLUICE_CO_TRY(std::optional<std::string> found, co_await read_owner());
    if (!found && has_published) {
        co_return conflict("nothing of node " + node_ +
                           " is in the lake, where it has published before: if that is not a disk "
                           "that is missing, remove " +
                           journal + ", and everything is published anew");
    }
    if (!found) {
        SLUICE_CO_TRY_VOID(co_await write_owner(mine));
        SLUICE_CO_TRY(found, co_await read_owner());
    }
    if (found == mine) co_return Result<void>();
    co_return conflict("node " + node_ +
                       " of the lake belongs to another data directory: give this one another "
                       "[lake] node");
}

// The files of a day come before those of the generation before go: who reads between the two finds
// the points of that day twice, and never misses one.
io::Task<Result<void>> LakeTarget::replace(const PublicationKey& key, const Publication* before,
                                           const Publication& next) {
    std::set<std::int64_t> days;
    for (const WrittenFile& file : next.files) days.insert(file.day);
    if (before != nullptr) {
        for (const WrittenFile& file : before->files) days.insert(file.day);
    }
    for (const std::int64_t day : days) {
        Departure departure;
        departure.prefix = published_prefix(key, node_, day);
        for (const WrittenFile& file : next.files) {
            if (file.day != day) continue;
            Arrival arrival{stage_ + "/" + staged_name(file.day, file.part),
                            published_path(key, node_, next.generation, file), file};
            departure.staying.insert(arrival.path);
            SLUICE_CO_TRY_VOID(co_await bring(std::move(arrival)));
        }
        if (before != nullptr) {
            for (const WrittenFile& file : before->files) {
                if (file.day != day) continue;
                departure.leaving.push_back(published_path(key, node_, before->generation, file));
            }
        }
        SLUICE_CO_TRY_VOID(co_await take_away(std::move(departure)));
    }
    co_return Result<void>();
}

}  // namespace sluice::server
