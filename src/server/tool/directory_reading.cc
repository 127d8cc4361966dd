#include "server/tool/directory_reading.h"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "server/tool/console.h"
#include "server/tool/scratch_copy.h"
#include "sluice/base/log.h"
#include "sluice/engine/engine.h"
#include "sluice/io/cores.h"
#include "sluice/io/directory_lock.h"

namespace sluice::server {
namespace {

engine::EngineOptions engine_options(const std::string& directory) {
    constexpr std::int64_t kNeverNs = 100'000 * kHourNs;
    engine::EngineOptions options;
    options.data_directory = directory;
    options.cores = 1;
    options.memory = engine::MemoryBudget::of_total(256 * kMiB);
    options.free_space_min = 0;
    options.store.free_space_min = 0;
    // What the directory has is exported, also what its policies are about to remove.
    options.retention_check_ns = kNeverNs;
    // No flush for age and no merges: they would write all anew.
    options.store.background = false;
    options.store.wal_spare_files = 1;
    // What has expired is exported as long as it is there, whatever the clock says.
    options.retention_enabled = false;
    options.clock_hold_off_ns = 0;
    return options;
}

// Where the lock is: a store lies in the directory that its server has.
std::string locked_directory(const std::string& directory) {
    std::error_code error;
    const std::filesystem::path store = std::filesystem::canonical(directory, error);
    const std::filesystem::path stores = store.parent_path();
    return error || stores.filename() != "stores" ? directory : stores.parent_path().string();
}

class Reading {
public:
    Reading(const ScratchCopy& copy, const ReadingWork& work) : copy_(copy), work_(work) {}

    // On the one core of the engine.
    io::Task<void> run(engine::Engine& engine, io::Reactor& reactor) {
        const Result<engine::Core*> core = co_await engine.start_core(reactor);
        if (!core.ok()) {
            result_ = core.error();
            co_return;
        }
        result_ = co_await work_(**core);
        co_await tell_damage(engine, **core);
        co_await engine.stop_core(**core);
    }
    // False: something could not be read.
    Result<bool> result() const {
        if (!result_.ok()) return result_.error();
        return is_whole_;
    }

private:
    // What was damaged is known by now.
    io::Task<void> tell_damage(engine::Engine& engine, engine::Core& core) {
        const engine::EngineHealth health = co_await engine.health(core);
        for (const std::string& each : health.texts) {
            is_whole_ = false;
            complain(copy_.with_real_paths(each));
        }
    }

    const ScratchCopy& copy_;
    const ReadingWork& work_;
    bool is_whole_ = true;
    Result<void> result_;
};

}  // namespace

Result<bool> read_directory(const std::string& directory, const std::string& scratch, Beside beside,
                            const ReadingWork& work) {
    set_log_level(LogLevel::kError);
    const Result<io::DirectoryLock> lock =
        io::DirectoryLock::acquire_quietly(locked_directory(directory));
    const bool is_running = !lock.ok() && lock.error().kind == ErrorKind::kConflict;
    if (!lock.ok() && !is_running) return lock.error();
    if (is_running && beside == Beside::kNobody) {
        return Error{ErrorKind::kConflict, lock.error().message + ": stop the server first"};
    }
    const char* temporary = std::getenv("TMPDIR");
    const std::string parent = !scratch.empty()       ? scratch
                               : temporary != nullptr ? temporary
                                                      : "/var/tmp";
    SLUICE_TRY(const ScratchCopy copy, ScratchCopy::make(directory, parent, is_running));
    for (const std::string& each : copy.unreadable()) complain(each);
    SLUICE_TRY(const std::unique_ptr<engine::Engine> engine,
               engine::Engine::create(engine_options(copy.data_directory())));
    Reading reading(copy, work);
    io::CoreOptions cores;
    cores.count = 1;
    cores.pin = false;
    SLUICE_TRY(const std::unique_ptr<io::Cores> machine,
               io::Cores::start(cores, [&reading, &engine](io::Reactor& reactor) {
                   return reading.run(*engine, reactor);
               }));
    machine->wait();
    SLUICE_TRY(const bool is_whole, reading.result());
    return is_whole && copy.unreadable().empty();
}

}  // namespace sluice::server
