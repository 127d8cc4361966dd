// Sieves that keep no key want less of a segment than its keys: tags, a sample, the first ones.
// What a segment knows of its keys answers them.
#pragma once

#include <functional>

#include "sluice/io/reactor.h"
#include "sluice/io/task.h"
#include "sluice/storage/series_list.h"
#include "storage/segment/segment_reader.h"

namespace sluice::storage {

// Told of what cannot be read; true: the listing goes on without it.
using OnDamage = std::function<bool(const Error&)>;

// Gives a sieve that keeps nothing what it wants of the keys, without showing all of them. Returns
// false if that cannot be done. Nothing of the measurement in the segment may be deleted.
io::Task<Result<bool>> answer_sieve(io::Reactor& reactor, const SegmentReader& reader,
                                    const SegmentMeasurement& measurement,
                                    const SegmentIndex& index, SeriesSieve& sieve,
                                    const OnDamage& on_damage);

}  // namespace sluice::storage
