// Leaves out of a listing what cannot be a file of a store.
#include "storage/files/list_entries.h"

#include "sluice/base/log.h"

namespace sluice::storage {

io::Task<Result<std::vector<io::DirectoryEntry>>> list_entries(io::Reactor& reactor,
                                                               std::string path) {
    SLUICE_CO_TRY(std::vector<io::DirectoryEntry> all, co_await io::list_directory(reactor, path));
    std::vector<io::DirectoryEntry> kept;
    for (io::DirectoryEntry& each : all) {
        if (each.is_directory || each.is_file) {
            kept.push_back(std::move(each));
        } else {
            log_warn("neither a file nor a directory; it is left alone",
                     {{"path", path + "/" + each.name}});
        }
    }
    co_return kept;
}

}  // namespace sluice::storage
