#include "sluice/query/series_counts.h"

#include "sluice/base/units.h"
#include "sluice/io/reactor.h"
#include "sluice/query/statement_executor.h"

namespace sluice::query {
namespace {

// A page that asks for counts is answered with the old ones if new ones take longer than this.
constexpr std::int64_t kWaitMaxNs = 500 * kMillisecondNs;
constexpr std::int64_t kPollNs = 1 * kMillisecondNs;
// Counting that takes longer rests so many times as long.
constexpr std::int64_t kCheapNs = 20 * kMillisecondNs;
constexpr std::int64_t kRestShare = 20;

}  // namespace

bool SeriesCounts::is_due() const {
    return took_ns_ <= kCheapNs || reactor_.precise_ns() - counted_ns_ >= kRestShare * took_ns_;
}

io::Task<void> SeriesCounts::refresh(std::shared_ptr<const meta::Catalog> catalog) {
    if (!counting_ && is_due() && !background_.closed()) {
        background_.spawn(count(std::move(catalog)));
    }
    const std::int64_t begin = reactor_.precise_ns();
    while (counting_ && reactor_.precise_ns() - begin < kWaitMaxNs) {
        const bool slept = co_await reactor_.sleep_ns(kPollNs);
        if (!slept) co_return;
    }
}

// Runs in the share of queries, since it is one, and in the background of whoever asked first.
io::Task<void> SeriesCounts::count(std::shared_ptr<const meta::Catalog> catalog) {
    counting_ = true;
    co_await reactor_.switch_to(io::Share::kQuery);
    const std::int64_t begin = reactor_.precise_ns();
    std::map<std::string, std::uint64_t, std::less<>> counts;
    for (const auto& database : catalog->databases) {
        const Result<std::uint64_t> count = co_await executor_.count_series(database->name);
        // A database that cannot be counted now keeps its count.
        counts[database->name] = count.ok() ? *count : of(database->name);
    }
    counts_ = std::move(counts);
    counted_ns_ = reactor_.precise_ns();
    took_ns_ = counted_ns_ - begin;
    counting_ = false;
}

std::uint64_t SeriesCounts::of(std::string_view database) const {
    const auto known = counts_.find(database);
    return known == counts_.end() ? 0 : known->second;
}

}  // namespace sluice::query
