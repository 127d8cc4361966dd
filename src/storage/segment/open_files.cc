// Room for one more open segment.
#include "storage/segment/open_files.h"

#include <algorithm>

#include "sluice/base/check.h"
#include "sluice/base/units.h"
#include "sluice/io/reactor.h"

namespace sluice::storage {
namespace {

constexpr std::int64_t kWaitMaxNs = 100 * kMillisecondNs;

}  // namespace

io::Task<void> OpenFiles::admit() {
    if (count_ < max_) co_return;
    // Some at once, so that not each opening looks for one.
    const std::size_t wanted = count_ - max_ + std::max<std::size_t>(max_ / 8, 1);
    const std::size_t let_go = make_room_(wanted);
    const std::size_t goal = std::max(max_, count_ - let_go + 1);
    const std::int64_t deadline = reactor_.monotonic_ns() + kWaitMaxNs;
    while (count_ >= goal) {
        const bool notified = co_await closed_.wait_until(deadline);
        if (!notified) break;
    }
}

void OpenFiles::note_closed() {
    SLUICE_CHECK(count_ != 0);
    --count_;
    closed_.notify_all();
}

}  // namespace sluice::storage
