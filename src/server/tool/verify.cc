#include "server/tool/verify.h"

#include <cstdio>
#include <vector>

#include "server/tool/console.h"
#include "sluice/io/file.h"
#include "sluice/io/reactor.h"
#include "sluice/meta/inspect.h"
#include "sluice/storage/verify.h"

namespace sluice::server {
namespace {

// The stores below a data directory, or the directory itself when it is a store.
io::Task<Result<std::vector<std::string>>> find_stores(io::Reactor& reactor,
                                                       std::string directory) {
    std::vector<std::string> stores;
    auto listed = co_await io::list_directory(reactor, directory + "/stores");
    if (!listed.ok()) {
        stores.push_back(directory);
        co_return stores;
    }
    for (const io::DirectoryEntry& entry : *listed) {
        if (entry.is_directory) stores.push_back(directory + "/stores/" + entry.name);
    }
    co_return stores;
}

// How many sentences there are to say about the catalog beside `stores`.
io::Task<Result<std::size_t>> verify_catalog(io::Reactor& reactor, std::string directory,
                                             bool stores_hold_anything) {
    const std::string path = directory + "/meta";
    SLUICE_CO_TRY(const meta::CatalogCheck check, co_await meta::check_catalog(reactor, path));
    std::printf(
        "%s: %llu files in two copies, %llu bytes, %llu changes%s%s\n", path.c_str(),
        static_cast<unsigned long long>(check.files), static_cast<unsigned long long>(check.bytes),
        static_cast<unsigned long long>(check.changes), check.torn_tail ? ", a torn tail" : "",
        check.is_uneven ? ", the last one in one copy only" : "");
    for (const std::string& sentence : check.losses) std::printf("  lost: %s\n", sentence.c_str());
    for (const std::string& sentence : check.findings)
        std::printf("  damaged: %s\n", sentence.c_str());
    for (const std::string& sentence : check.remembered)
        std::printf("  found at an earlier start: %s\n", sentence.c_str());
    for (const std::string& file : check.set_aside)
        std::printf("  set aside earlier: %s\n", file.c_str());
    std::size_t damaged = check.losses.size() + check.findings.size();
    if (check.is_absent && stores_hold_anything) {
        std::printf("  lost: there is no catalog beside stores that hold points\n");
        ++damaged;
    }
    co_return damaged;
}

}  // namespace

// The number of sentences about damage is the result: 0 means that every byte was read and fits its
// checksum. Files that somebody set aside before do not count, as they are not read either.
io::Task<Result<std::size_t>> verify(io::Reactor& reactor, std::string directory) {
    auto stores = co_await find_stores(reactor, directory);
    if (!stores.ok()) co_return std::move(stores).error();
    std::size_t damaged = 0;
    std::uint64_t pieces = 0;  // segments and log frames
    for (const std::string& store : *stores) {
        ProgressBar bar;
        const auto show = [&bar](const std::string& path, std::uint64_t done, std::uint64_t total) {
            bar.show(path, done, total);
        };
        io::Task<Result<storage::VerifyReport>> verifying =
            storage::verify_store(reactor, store, show);
        auto verified = co_await verifying;
        bar.clear();
        if (!verified.ok()) co_return std::move(verified).error();
        const storage::VerifyReport& report = *verified;
        std::printf("%s: %llu segments, %llu bytes; %llu log files, %llu frames, %llu torn tails\n",
                    store.c_str(), static_cast<unsigned long long>(report.segments),
                    static_cast<unsigned long long>(report.segment_bytes),
                    static_cast<unsigned long long>(report.log_files),
                    static_cast<unsigned long long>(report.log_frames),
                    static_cast<unsigned long long>(report.torn_tails));
        for (const std::string& damage : report.damage)
            std::printf("  damaged: %s\n", damage.c_str());
        for (const std::string& path : report.unlisted) {
            std::printf("  not in the manifest: %s\n", path.c_str());
        }
        for (const std::string& path : report.quarantined) {
            std::printf("  set aside earlier: %s\n", path.c_str());
        }
        damaged += report.damage.size();
        pieces += report.segments + report.log_frames;
    }
    // A store by itself has no catalog.
    SLUICE_CO_TRY(const bool has_catalog, co_await io::file_exists(reactor, directory + "/meta"));
    const bool is_store = stores->size() == 1 && stores->front() == directory;
    if (has_catalog || !is_store) {
        SLUICE_CO_TRY(const std::size_t said,
                      co_await verify_catalog(reactor, directory, pieces != 0));
        damaged += said;
    }
    co_return damaged;
}

}  // namespace sluice::server
