#include "server/export/distant_scan.h"

#include <algorithm>

#include "sluice/base/check.h"
#include "sluice/base/units.h"
#include "sluice/io/mailbox.h"
#include "sluice/io/reactor.h"

namespace sluice::server {
namespace {

// Enough that a message, and a thread that packs what has come, do not count.
constexpr std::size_t kLoadBytes = kMiB;
// Copied between two looks at the time slice.
constexpr std::size_t kValuesAtOnce = 16 * 1024;

}  // namespace

std::vector<StorePlace> places_of(const std::vector<engine::Core*>& cores) {
    std::vector<StorePlace> places;
    for (engine::Core* core : cores) {
        for (storage::Store* store : core->stores()) places.push_back({core->number(), store});
    }
    return places;
}

DistantScan::~DistantScan() {
    SLUICE_CHECK(!scan_.has_value());
}

io::Task<Result<std::unique_ptr<CarriedRows>>> DistantScan::next() {
    const auto work = [this] { return load(); };
    co_return co_await io::call_on(place_.core, work);
}

io::Task<void> DistantScan::close() {
    const auto end = [this] { scan_.reset(); };
    co_await io::call_on(place_.core, end);
}

io::Task<Result<std::unique_ptr<CarriedRows>>> DistantScan::load() {
    io::Reactor& reactor = io::Reactor::current();
    if (!scan_.has_value()) scan_.emplace(place_.store->scan(spec_));
    auto rows = std::make_unique<CarriedRows>(spec_.fields.size());
    const std::size_t rows_at_once =
        std::max<std::size_t>(1, kValuesAtOnce / (spec_.fields.size() + 1));
    while (rows->bytes() < kLoadBytes) {
        if (row_ == run_.rows) {
            row_ = 0;
            run_.rows = 0;
            SLUICE_CO_TRY(const bool more, co_await scan_->next(run_));
            if (!more) break;
        }
        const std::size_t count = std::min(run_.rows - row_, rows_at_once);
        rows->add(run_, row_, count);
        row_ += count;
        if (reactor.needs_yield()) co_await reactor.yield();
    }
    blocks_missing_ = scan_->blocks_missing();
    rows->finish();
    co_return rows;
}

}  // namespace sluice::server
