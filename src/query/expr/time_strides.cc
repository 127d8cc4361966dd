#include "query/expr/time_strides.h"

#include <algorithm>
#include <numeric>

#include "sluice/base/check.h"

namespace sluice::query {
namespace {

// Returns the distance of two times, of which the later one is first. Differences of timestamps fit
// into 64 bits without a sign.
std::uint64_t difference(model::Timestamp later, model::Timestamp earlier) {
    return static_cast<std::uint64_t>(later) - static_cast<std::uint64_t>(earlier);
}

// Takes in the leading times that go on with the stride, and returns how many. A stride of a single
// time takes any step: the second time decides it.
std::size_t extend(TimeStride& stride, std::span<const model::Timestamp> times) {
    if (stride.first == stride.last) stride.step = difference(times.front(), stride.last);
    std::size_t count = 0;
    model::Timestamp last = stride.last;
    while (count < times.size() && difference(times[count], last) == stride.step) {
        last = times[count++];
    }
    stride.last = last;
    return count;
}

bool contains(const TimeStride& stride, model::Timestamp time) {
    return time >= stride.first && time <= stride.last &&
           difference(time, stride.first) % stride.step == 0;
}

// Two arithmetic progressions without ends meet if and only if the distance of their first elements
// is divisible by the greatest common divisor of their steps (Bézout's identity). These have ends,
// so it is not enough: the first common time must lie before both of them.
bool have_common_time(const TimeStride& a, const TimeStride& b) {
    const TimeStride& early = a.first <= b.first ? a : b;
    const TimeStride& late = a.first <= b.first ? b : a;
    if (early.last < late.first) return false;
    // Times of a run are distinct, and what follows divides by the steps.
    SLUICE_CHECK(early.step > 0 && late.step > 0);
    const std::uint64_t gap = difference(late.first, early.first);
    const std::uint64_t common_step = std::gcd(early.step, late.step);
    if (gap % common_step != 0) return false;
    if (common_step == late.step) {
        // Every time of the earlier one that lies in the later one's range is one of its own.
        const std::uint64_t past = gap % early.step;
        const std::uint64_t ahead = past == 0 ? 0 : early.step - past;
        return ahead <= difference(std::min(early.last, late.last), late.first);
    }
    // The later one's times, counted from the earlier one's first and taken modulo its step, repeat
    // after early.step / common_step of them: no more need to be looked at.
    const model::Timestamp end = std::min(early.last, late.last);
    std::uint64_t left = difference(end, late.first) / late.step;
    left = std::min(left, early.step / common_step);
    model::Timestamp time = late.first;
    for (;; time += static_cast<model::Timestamp>(late.step)) {
        if (contains(early, time)) return true;
        if (left-- == 0) return false;
    }
}

}  // namespace

// Each turn takes in at least one time: extend() may take none, and then a new stride begins with
// the next one.
void append_times(std::span<const model::Timestamp> times, std::size_t from,
                  std::vector<TimeStride>& strides) {
    while (!times.empty()) {
        if (strides.size() > from) times = times.subspan(extend(strides.back(), times));
        if (times.empty()) return;
        strides.push_back({times.front(), times.front(), 1});
        times = times.subspan(1);
    }
}

// Of two strides the one that ends first cannot meet what comes behind the other one, so it is
// done. Strides of one list do not overlap.
bool have_common_time(std::span<const TimeStride> a, std::span<const TimeStride> b) {
    while (!a.empty() && !b.empty()) {
        if (have_common_time(a.front(), b.front())) return true;
        if (a.front().last <= b.front().last) {
            a = a.subspan(1);
        } else {
            b = b.subspan(1);
        }
    }
    return false;
}

}  // namespace sluice::query
