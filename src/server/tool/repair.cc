#include "server/tool/repair.h"

#include <cstdio>
#include <utility>
#include <vector>

#include "server/tool/console.h"
#include "sluice/engine/catalog_rebuild.h"
#include "sluice/io/directory_lock.h"
#include "sluice/io/file.h"
#include "sluice/io/reactor.h"
#include "sluice/meta/catalog_writer.h"
#include "sluice/meta/inspect.h"

namespace sluice::server {
namespace {

void say(const std::string& what, const std::string& sentence) {
    print_line("  " + what + ": " + sentence);
}

// Files that a start or an earlier repair put under another name, below the stores.
// Recursion goes as deep as the folders of a store, which are two levels.
io::Task<void> list_set_aside(io::Reactor& reactor, std::string directory,
                              std::vector<std::string>& paths) {
    auto entries = co_await io::list_directory(reactor, directory);
    if (!entries.ok()) co_return;
    for (const io::DirectoryEntry& each : *entries) {
        std::string path = directory + "/" + each.name;
        if (each.is_directory) {
            co_await list_set_aside(reactor, std::move(path), paths);
        } else if (each.name.find(".damaged") != std::string::npos ||
                   each.name.ends_with(".unlisted")) {
            paths.push_back(std::move(path));
        }
    }
}

// The server makes manifests again by itself, from segments: that takes no repair.
io::Task<void> look_at_manifests(io::Reactor& reactor, std::string store) {
    auto entries = co_await io::list_directory(reactor, store);
    if (!entries.ok()) co_return;
    bool has_manifest = false;
    for (const io::DirectoryEntry& each : *entries) {
        has_manifest = has_manifest || each.name.starts_with("MANIFEST-");
    }
    if (has_manifest) co_return;
    SLUICE_CHECK(!store.empty());
    say("found", store +
                     " has no manifest: the next start of the server makes it again from the "
                     "segments and logs, nothing has to be done");
}

// plan() and apply() make the same changes, one to a catalog in memory that is thrown away. So what
// is shown without --apply is exactly what would be done.
io::Task<Result<meta::RebuildReport>> plan(io::Reactor& reactor, std::string catalog_path,
                                           engine::StoresFound found) {
    SLUICE_CO_TRY(const meta::CatalogReading read,
                  co_await meta::read_catalog(reactor, std::move(catalog_path)));
    meta::CatalogEditor editor(*read.catalog);
    co_return meta::rebuild_catalog(editor, std::move(found.groups), read.has_losses);
}

io::Task<Result<meta::RebuildReport>> apply(io::Reactor& reactor, std::string catalog_path,
                                            engine::StoresFound found) {
    SLUICE_CO_TRY(auto catalog,
                  co_await meta::CatalogWriter::open(reactor, std::move(catalog_path)));
    auto report = co_await engine::rebuild_from_stores(*catalog, std::move(found));
    co_await catalog->stop();
    co_return report;
}

bool tell(const meta::CatalogCheck& check, const std::string& path) {
    if (check.is_absent) say("found", "there is no catalog in " + path);
    for (const std::string& each : check.losses) say("lost", each);
    for (const std::string& each : check.findings) say("found", each);
    for (const std::string& each : check.remembered) say("lost earlier", each);
    return check.is_absent || !check.losses.empty() || !check.findings.empty();
}

void tell(const meta::RebuildReport& report, bool is_done) {
    if (report.is_empty()) return;
    const std::string verb = is_done ? "made again" : "would make again";
    for (const std::string& each : report.made) say(verb, each);
    say(verb, "in all " + report.summary());
    for (const std::string& each : report.doubts) say("note", each);
    say("cannot be had back",
        "users, continuous queries, subscriptions and deletes that were not yet applied, as far as "
        "the catalog has lost them");
}

// A data directory has stores; one store alone has no catalog.
io::Task<Result<void>> check_is_ours(io::Reactor& reactor, std::string directory) {
    SLUICE_CO_TRY(const bool has_stores, co_await io::file_exists(reactor, directory + "/stores"));
    if (has_stores) co_return Result<void>();
    co_return Error{ErrorKind::kInvalid,
                    directory + ": no data directory of Sluice (there is no stores/ in it)"};
}

}  // namespace

// Nothing is deleted here, whatever is found: the catalog gets what the stores know and it lacks,
// and files that were set aside are only named. Without --apply nothing is written at all, not even
// the lock's file.
io::Task<Result<bool>> repair(io::Reactor& reactor, RepairOptions options) {
    std::string& directory = options.directory;
    while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
    SLUICE_CO_TRY_VOID(co_await check_is_ours(reactor, directory));
    Result<io::DirectoryLock> lock = options.apply ? io::DirectoryLock::acquire(directory)
                                                   : io::DirectoryLock::acquire_quietly(directory);
    if (!lock.ok()) co_return std::move(lock).error();
    const std::string catalog_path = directory + "/meta";

    SLUICE_CO_TRY(const meta::CatalogCheck check,
                  co_await meta::check_catalog(reactor, catalog_path));
    SLUICE_CO_TRY(engine::StoresFound found,
                  co_await engine::find_groups_in_stores(reactor, directory));
    print_line(directory + ": " + std::to_string(found.stores.size()) + " stores with " +
               std::to_string(found.groups.size()) + " shard groups");
    const bool has_damage = tell(check, catalog_path);
    std::vector<std::string> aside = check.set_aside;
    for (const std::string& store : found.stores) {
        co_await look_at_manifests(reactor, store);
        co_await list_set_aside(reactor, store, aside);
    }
    const std::vector<std::string> unreadable = found.damage;
    for (const std::string& each : unreadable) say("cannot be read", each);
    for (const std::string& each : aside) say("set aside earlier, for you to look at", each);

    Result<meta::RebuildReport> report = meta::RebuildReport();
    if (options.apply) {
        report = co_await apply(reactor, catalog_path, std::move(found));
    } else {
        report = co_await plan(reactor, catalog_path, std::move(found));
    }
    if (!report.ok()) co_return std::move(report).error();
    tell(*report, options.apply);
    if (report->is_empty()) {
        say("catalog", has_damage ? "the stores have nothing that it lacks; both copies are made "
                                    "whole by " +
                                        std::string(options.apply ? "this run"
                                                                  : "--apply or the "
                                                                    "next start")
                                  : "whole, nothing has to be done");
    }
    if (!options.apply && (has_damage || !report->is_empty())) {
        print_line("nothing was changed: `sluice repair --apply " + directory + "` does it");
    }
    co_return unreadable.empty() && check.losses.empty() && report->doubts.empty();
}

}  // namespace sluice::server
