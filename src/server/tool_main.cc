// This is sluice, the tool that looks at what the server wrote, while the server does not run on
// it.
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "server/config/version.h"
#include "sluice/io/file.h"
#include "sluice/io/reactor.h"
#include "sluice/io/uring_backend.h"
#include "sluice/meta/inspect.h"
#include "sluice/storage/inspect.h"
#include "sluice/storage/verify.h"

namespace {

using namespace sluice;

// As the server's for a command line that it does not understand.
constexpr int kUsageStatus = 2;

void complain(std::string_view sentence) {
    std::fprintf(stderr, "sluice: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
}

std::string_view file_name_of(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

void print_line(std::string_view line) {
    std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
}

// One line on a terminal that is written over; nothing elsewhere.
class ProgressBar {
public:
    void show(const std::string& path, std::uint64_t done, std::uint64_t total) {
        if (!shown_) return;
        constexpr std::uint64_t kCells = 30;
        const std::uint64_t filled = total == 0 ? kCells : done * kCells / total;
        std::string bar(filled, '#');
        bar.resize(kCells, '.');
        std::fprintf(stderr, "\r\033[K[%s] %3llu %%  %s", bar.c_str(),
                     static_cast<unsigned long long>(total == 0 ? 100 : done * 100 / total),
                     std::string(file_name_of(path)).c_str());
    }
    void clear() {
        if (shown_) std::fputs("\r\033[K", stderr);
    }

private:
    const bool shown_ = ::isatty(STDERR_FILENO) != 0;
};

io::Task<Result<void>> inspect(io::Reactor& reactor, std::string path, bool rows) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    const std::string_view name = file_name_of(path);
    // The files of a catalog mean something together only.
    const bool in_catalog = name.starts_with("catalog-");
    if (name == "meta" || name == "meta-copy" || in_catalog) {
        const std::size_t slash = path.rfind('/');
        if (in_catalog) path = slash == path.npos ? "." : path.substr(0, slash);
        Result<void> done = co_await meta::dump_catalog(reactor, path, print_line);
        co_return done;
    }
    if (name.starts_with("MANIFEST")) {
        Result<void> done = co_await storage::dump_manifest(reactor, path, print_line);
        co_return done;
    }
    if (name.ends_with(".seg")) {
        Result<void> done = co_await storage::dump_segment_file(reactor, path, rows, print_line);
        co_return done;
    }
    if (name.ends_with(".log")) {
        Result<void> done = co_await storage::dump_log(reactor, path, rows, print_line);
        co_return done;
    }
    co_return Error{ErrorKind::kInvalid, path +
                                             ": not a segment (.seg), a log (.log), a manifest or "
                                             "the directory of a catalog (meta)"};
}

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

// How many files are damaged.
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

// Says what this machine offers the server.
int check() {
    bool good = true;
    auto backend = io::make_uring_backend();
    std::printf("io_uring: %s\n", backend.ok() ? "available" : backend.error().message.c_str());
    good = good && backend.ok();
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    std::printf("descriptors: %llu%s\n", static_cast<unsigned long long>(limit.rlim_max),
                limit.rlim_max < 65536 ? ", few for a server with many clients" : "");
    return good ? 0 : 1;
}

template <typename T>
int run(io::Task<Result<T>> (*work)(io::Reactor&, std::string), std::string path) {
    auto backend = io::make_uring_backend();
    if (!backend.ok()) {
        complain(backend.error().message);
        return 1;
    }
    io::Reactor reactor(**backend);
    auto result = reactor.run_until_done(work(reactor, std::move(path)));
    if (!result.ok()) {
        complain(result.error().message);
        return 1;
    }
    if constexpr (!std::is_void_v<T>) return *result == 0 ? 0 : 1;
    return 0;
}

io::Task<Result<void>> inspect_briefly(io::Reactor& reactor, std::string path) {
    return inspect(reactor, std::move(path), false);
}
io::Task<Result<void>> inspect_rows(io::Reactor& reactor, std::string path) {
    return inspect(reactor, std::move(path), true);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Looks at files of a Sluice data directory.", "sluice");
    app.set_version_flag("--version", std::string(server::kVersion));
    app.require_subcommand(0, 1);
    std::string path;
    bool rows = false;
    CLI::App* const inspecting =
        app.add_subcommand("inspect", "print what a segment, log, manifest or catalog holds");
    inspecting->add_option("FILE", path)->required();
    inspecting->add_flag("--rows", rows, "also rows of logs, series and blocks of segments");
    CLI::App* const verifying =
        app.add_subcommand("verify", "check every checksum of a data directory; 1 if one fails");
    verifying->add_option("DIR", path)->required();
    CLI::App* const checking = app.add_subcommand("check", "does this machine suit the server");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kUsageStatus;
    }
    if (app.get_subcommands().empty()) {
        std::fputs(app.help().c_str(), stderr);
        return kUsageStatus;
    }
    if (checking->parsed()) return check();
    if (verifying->parsed()) return run<std::size_t>(verify, path);
    return run<void>(rows ? inspect_rows : inspect_briefly, path);
}
