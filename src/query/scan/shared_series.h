// The series of a scan that lie in more than one store.
#pragma once

#include "sluice/base/hash_set.h"

namespace sluice::query {

// Their identities (series_identity). Another series may have the same identity by chance: it is
// then treated as shared, too, which is never wrong. Every series of a piece is looked up in it. It
// is filled by one core and then read by all.
using SharedSeries = HashSet;

}  // namespace sluice::query
