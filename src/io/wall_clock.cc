#include "sluice/io/wall_clock.h"

#include <time.h>

#include "sluice/base/units.h"

namespace sluice::io {

std::int64_t wall_clock_ns() {
    timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * kSecondNs + now.tv_nsec;
}

}  // namespace sluice::io
