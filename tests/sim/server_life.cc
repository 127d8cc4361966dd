#include "server_life.h"

#include <algorithm>

namespace sluice::server {
namespace {

Config small_config(std::uint32_t cores) {
    Config config;
    config.data.dir = "/data";
    config.http.bind_address = {{"127.0.0.1:0"}};
    config.http.max_connection_limit = 64;
    config.continuous_queries.run_interval.ns = 10 * kMillisecondNs;
    config.continuous_queries.log_enabled = false;
    config.sluice.cores = cores;
    config.sluice.memory_limit.bytes = 64 * kMiB;
    config.sluice.free_space_min.bytes = 0;
    config.sluice.drain_timeout.ns = 2 * kSecondNs;
    return config;
}

// Sizes and ages at which everything happens within a few thousand turns.
engine::EngineOptions small_options(const Config& config, std::uint32_t cores, Random& random) {
    engine::EngineOptions options = Server::engine_options(config, cores);
    options.memory.heads_bytes = cores * 4 * kMiB;
    options.memory.block_cache_bytes = kMiB;
    options.segments_open_max = 64;
    options.values_per_part = 1 + random.below(200);
    options.delete_check_ns = 5 * kMillisecondNs;
    options.store.wal_file_bytes = 64 * kKiB;
    options.store.wal_frame_bytes = 16 * kKiB;
    options.store.wal_spare_files = 1;
    options.store.free_space_min = 0;
    options.store.head_age_max_ns =
        static_cast<std::int64_t>(2 + random.below(40)) * kMillisecondNs;
    options.store.purge_after_ns = 5 * kMillisecondNs;
    options.store.merge_width = 2 + static_cast<std::uint32_t>(random.below(4));
    options.store.cold_after_ns = static_cast<std::int64_t>(1 + random.below(60)) * kMillisecondNs;
    return options;
}

}  // namespace

ServerLife::ServerLife(std::uint64_t seed, io::SimOptions sim, io::SimDisk disk,
                       const LifeBounds& bounds, engine::EngineModel& model, RareStates& states,
                       bool is_clean)
    : bounds_(bounds),
      is_clean_(is_clean),
      random_(seed ^ 0x5E),
      world_(seed, sim, std::move(disk)),
      visit_(model, states, random_) {
    const auto drawn = static_cast<std::uint32_t>(1 + random_.below(3));
    const std::uint32_t cores = std::min(bounds.cores, drawn);
    visit_.hours = 1 + random_.below(6);
    const io::SimFaults& faults = world_.faults();
    visit_.has_faults = faults.write_error > 0 || faults.connection_reset > 0;
    Config config = small_config(cores);
    engine::EngineOptions options = small_options(config, cores, random_);
    auto made = Server::create(std::move(config), {"sluiced"}, std::move(options));
    SLUICE_CHECK(made.ok());
    server_ = std::move(*made);
    cores_ = std::make_unique<io::SimCores>(world_, cores, 1);
}

ServerLife::~ServerLife() {
    if (!world_.crashed()) world_.crash();
    io::Abandon abandon;
    visits_.clear();
    visitors_.clear();
    cores_->abandon_mains();
    server_.reset();
    cores_.reset();
}

// What the stores say of the disk that they were opened on, when the server has begun to serve.
void ServerLife::look_at_recovery() {
    for (const auto& services : server_->shared().cores) {
        for (const storage::Store* store : services->core.stores()) {
            const storage::RecoveryReport& found = store->recovery();
            const auto note = [&](std::uint64_t count, const char* what) {
                if (count != 0) visit_.states.note(what);
            };
            note(found.rows, "rows were replayed from a log");
            note(found.log_files > 1 ? 1 : 0, "rows were replayed from several logs of a store");
            note(found.torn_tails, "a log ended in a torn frame");
            note(found.torn_tails > 1 ? 1 : 0, "two logs of a store ended in torn frames");
            note(found.files_removed, "leftovers of unfinished work were removed");
            note(found.manifest_records_cut, "a manifest ended in a torn record");
            note(found.manifest_records_mended, "a copy of a manifest mended the other");
            if (!is_clean_ || visit_.has_faults) continue;
            const std::uint64_t lost = found.frames_lost + found.rows_lost + found.logs_missing +
                                       found.manifest_records_lost + found.quarantined.size();
            if (lost != 0) visit_.complain("damage is told of a disk that has none");
        }
    }
}

// What was under way, or had happened, when the life ended.
void ServerLife::look_at_work() {
    if (!server_->shared().serving.reached()) {
        visit_.states.note("the power failed before the server served");
        return;
    }
    for (const auto& services : server_->shared().cores) {
        std::uint64_t connections = services->metrics.connections_active.value();
        if (connections > 1) visit_.states.note("the power failed under several connections");
        for (const storage::Store* store : services->core.stores()) {
            const storage::StoreMetrics& metrics = store->metrics();
            if (metrics.flushes.value() > 0) visit_.states.note("a head was flushed");
            if (metrics.compactions.value() > 0) visit_.states.note("segments were merged");
            if (metrics.append_waits.value() > 0) visit_.states.note("a write waited for a flush");
            if (metrics.append_refused.value() > 0) visit_.states.note("a store refused a write");
        }
        const engine::CoreMetrics& metrics = services->core.metrics();
        if (metrics.parses_repeated.value() > 0) visit_.states.note("a body was parsed again");
    }
}

void ServerLife::start() {
    cores_->start([this](io::Reactor& reactor) { return server_->run_core(reactor); });
}

// A visitor comes when the server serves; a life with faults may see none.
io::Task<void> ServerLife::visit(std::uint32_t actions) {
    io::Reactor& reactor = cores_->guest(0);
    co_await reactor.yield();
    while (!server_->shared().serving.reached()) {
        if (server_->failed() || visit_.is_stopping) co_return;
        (void)co_await reactor.sleep_ns(kMillisecondNs);
    }
    if (visit_.is_stopping) co_return;
    if (visitors_.empty()) look_at_recovery();
    visitors_.push_back(
        std::make_unique<Visitor>(reactor, server_->shared().addresses.front().port, visit_));
    Visitor& visitor = *visitors_.back();
    if (actions == 0) {
        co_await visitor.read_all();
    } else {
        co_await visitor.run(static_cast<int>(actions));
    }
}

void ServerLife::run_visitors() {
    start();
    const auto visitors = std::min<std::uint64_t>(bounds_.visitors, 1 + random_.below(4));
    for (std::uint64_t i = 0; i < visitors; ++i) visits_.push_back(visit(bounds_.actions));
    const auto turns = std::min<std::uint64_t>(bounds_.turns, 20 + random_.below(4000));
    // Now and then the disk fills up on the way, and is emptied by nobody.
    const std::uint64_t full_at = random_.below(6) == 0 ? random_.below(turns) : turns;
    for (std::uint64_t i = 0; i < turns && visit_.complaint.empty(); ++i) {
        if (i == full_at && bounds_.faults != 0) fill_disk();
        if (!cores_->turn() || cores_->done()) break;
    }
}

void ServerLife::fill_disk() {
    io::SimDisk& disk = world_.disk();
    const std::uint64_t used = disk.capacity_bytes() - disk.free_bytes();
    disk.set_capacity_bytes(used + random_.below(256 * kKiB));
    visit_.has_faults = true;
    visit_.states.note("the disk was filled");
}

io::SimDisk ServerLife::run_and_crash() {
    run_visitors();
    look_at_work();
    return world_.crash();
}

void ServerLife::stop() {
    visit_.is_stopping = true;
    visit_.states.note("the server was told to stop");
    server_->request_stop();
    for (std::uint32_t core = 0; core < cores_->count(); ++core) {
        cores_->reactor(core).request_stop();
    }
    // It waits for requests in flight and for the device, but for neither for ever.
    cores_->run_for(2 * kMinuteNs);
    if (!cores_->done()) visit_.complain("a stop does not end:" + text_of_cores());
}

// Of those that have not ended.
std::string ServerLife::text_of_cores() const {
    std::string text;
    for (const auto& services : server_->shared().cores) {
        if (services == nullptr) {
            text += "\n  a core that has not started";
            continue;
        }
        text += "\n  core " + std::to_string(services->reactor.core()) + ": " +
                std::to_string(services->metrics.connections_active.value()) + " connections, " +
                std::to_string(services->background.count()) + " tasks in the background";
        text += services->listener != nullptr ? ", listens" : "";
        for (const storage::Store* store : services->core.stores()) {
            text += "; a store with " + std::to_string(store->stats().head_rows) +
                    " rows in memory: " + store->health().text;
        }
    }
    return text;
}

io::SimDisk ServerLife::run_and_stop() {
    run_visitors();
    if (visit_.complaint.empty()) stop();
    return world_.crash();
}

io::SimDisk ServerLife::check_and_stop() {
    start();
    visits_.push_back(visit(0));
    while (!visits_.front().done() && cores_->turn()) {
    }
    if (server_->failed()) visit_.complain("does not start: " + server_->failure().message);
    if (!visits_.front().done()) visit_.complain("nobody answers");
    if (visit_.complaint.empty()) stop();
    return world_.crash();
}

}  // namespace sluice::server
