#include "sluice/engine/engine.h"

#include <algorithm>
#include <utility>

#include "engine/engine_state.h"
#include "engine/store_layout.h"
#include "sluice/engine/scan.h"

namespace sluice::engine {

MemoryBudget MemoryBudget::of_total(std::uint64_t total_bytes) {
    // Heads decide how long runs in segments get and come first; what is not dealt out here is the
    // program's, its stacks' and the kernel's buffers.
    MemoryBudget budget;
    budget.heads_bytes = total_bytes / 100 * 35;
    budget.queries_bytes = total_bytes / 100 * 25;
    budget.bodies_bytes = total_bytes / 100 * 15;
    budget.block_cache_bytes = total_bytes / 100 * 10;
    return budget;
}

MemoryBudget MemoryBudget::of_machine(std::uint64_t memory_bytes, std::uint32_t cores) {
    constexpr std::uint32_t kCoresOfDefault = 8;
    constexpr std::uint64_t kQueryBytesPerCore = 256 * kMiB;
    MemoryBudget budget;
    const std::uint64_t more = std::max(cores, kCoresOfDefault);
    for (std::uint64_t* each :
         {&budget.bodies_bytes, &budget.heads_bytes, &budget.block_cache_bytes}) {
        *each = *each * more / kCoresOfDefault;
    }
    // The share of one core bounds what a query can do at all, so it does not shrink with the
    // number of cores.
    budget.queries_bytes = std::max(budget.queries_bytes, cores * kQueryBytesPerCore);
    const std::uint64_t total =
        budget.bodies_bytes + budget.heads_bytes + budget.block_cache_bytes + budget.queries_bytes;
    if (total > memory_bytes / 2) return of_total(memory_bytes / 2);
    budget.heads_growth_bytes = (memory_bytes / 2 - total) / 2;
    return budget;
}

// Refuses what could not work before any file is touched: messages about settings should not come
// from the middle of a start.
Result<std::unique_ptr<Engine>> Engine::create(EngineOptions options) {
    if (options.data_directory.empty()) {
        return Error{ErrorKind::kInvalid, "no data directory is given"};
    }
    if (options.cores == 0) return Error{ErrorKind::kInvalid, "the engine needs a core"};
    // A head below this would be flushed for a handful of requests.
    constexpr std::uint64_t kHeadBytesMin = kMiB;
    if (options.memory.heads_bytes / options.cores / 2 < kHeadBytesMin) {
        return Error{
            ErrorKind::kInvalid,
            "too little memory for memtables: " + std::to_string(options.memory.heads_bytes) +
                " bytes for " + std::to_string(options.cores) + " cores"};
    }
    std::unique_ptr<Engine> engine(new Engine(nullptr));
    engine->state_ = std::make_unique<EngineState>(*engine, std::move(options));
    return engine;
}

Engine::Engine(std::unique_ptr<EngineState> state) : state_(std::move(state)) {}
Engine::~Engine() = default;

io::Task<Result<Core*>> Engine::start_core(io::Reactor& reactor) {
    return state_->start_core(reactor);
}
io::Task<void> Engine::stop_core(Core& core) {
    return state_->stop_core(core);
}
std::uint32_t Engine::core_count() const {
    return state_->options().cores;
}
std::uint64_t Engine::query_bytes_per_core() const {
    // With less even plain questions about all series are refused.
    constexpr std::uint64_t kQueryBytesMin = 64 * kMiB;
    const EngineOptions& options = state_->options();
    return std::max(options.memory.queries_bytes / options.cores, kQueryBytesMin);
}
const Core& Engine::core(std::uint32_t number) const {
    return state_->core(number);
}
io::Task<EngineReport> Engine::report(Core& here) {
    return state_->report(here);
}
io::Task<EngineHealth> Engine::health(Core& here) {
    return state_->health(here);
}

Core& detail::core_of(Engine& engine, std::uint32_t number) {
    return const_cast<Core&>(std::as_const(engine).core(number));
}

}  // namespace sluice::engine
