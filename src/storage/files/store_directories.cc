// Makes the directories of a store.
#include "storage/files/store_directories.h"

#include <algorithm>

#include "sluice/io/file.h"
#include "storage/files/file_names.h"

namespace sluice::storage {

io::Task<Result<void>> make_store_directories(io::Reactor& reactor, std::string directory) {
    SLUICE_CO_TRY_VOID(co_await io::make_directory(reactor, directory));
    SLUICE_CO_TRY_VOID(co_await io::make_directory(reactor, log_directory(directory)));
    SLUICE_CO_TRY_VOID(co_await io::make_directory(reactor, shards_directory(directory)));
    SLUICE_CO_TRY_VOID(co_await io::sync_directory(reactor, directory));
    const std::size_t slash = directory.find_last_of('/');
    const std::string parent =
        slash == std::string::npos ? "." : directory.substr(0, std::max<std::size_t>(1, slash));
    co_return co_await io::sync_directory(reactor, parent);
}

}  // namespace sluice::storage
