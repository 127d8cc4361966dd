// Numbers the series of one memtable generation: bytes of `measurement,tags` to a dense id.
//
// A client may spell one series in several ways (unsorted tags, needless escapes). The index keeps
// every spelling it has met, so that a known series costs one lookup of the bytes as they came and
// is never split again. Fleets send their series in the same order again and again: each spelling
// remembers which one followed it, and a parser that guesses right replaces hash and lookup by one
// compare.
//
// Ids are dense and start at 0. Nothing is ever removed: the index lives and dies with its
// memtables. One core; not thread safe.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "sluice/base/arena.h"
#include "sluice/base/pod_vector.h"

namespace sluice::model {

using SeriesId = std::uint32_t;
using SpellingId = std::uint32_t;
using MeasurementId = std::uint32_t;

class SeriesIndex {
public:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};

    struct Spelling {
        const char* bytes;
        std::uint32_t size;
        SeriesId series;
        std::string_view text() const { return {bytes, size}; }
    };

    SeriesIndex();
    SeriesIndex(SeriesIndex&&) = default;
    SeriesIndex& operator=(SeriesIndex&&) = default;

    // `hash` is hash_bytes(spelling). kNone when the bytes have not been met.
    SpellingId find(std::string_view spelling, std::uint64_t hash) const {
        const auto tag = static_cast<std::uint32_t>(hash >> 32);
        for (std::size_t slot = tag >> slot_shift_;; slot = next_slot(slot)) {
            const Slot& entry = slots_[slot];
            if (entry.spelling == kNone) return kNone;
            if (entry.tag == tag && spellings_[entry.spelling].text() == spelling) {
                return entry.spelling;
            }
        }
    }

    // Finds or adds the series of these canonical bytes (series_key.h). Copies what it keeps.
    SeriesId add_series(std::string_view canonical_key);

    // Makes `spelling` another name of `series`. The bytes are not yet known to the index.
    SpellingId add_spelling(std::string_view spelling, std::uint64_t hash, SeriesId series);

    const Spelling& spelling(SpellingId id) const { return spellings_[id]; }

    // The spelling that last followed `id` in a request, or kNone.
    SpellingId successor(SpellingId id) const { return successors_[id]; }
    void set_successor(SpellingId id, SpellingId next) { successors_[id] = next; }

    std::uint32_t series_count() const { return static_cast<std::uint32_t>(series_.size()); }
    // Valid as long as the index.
    std::string_view key(SeriesId id) const { return spellings_[series_[id].canonical].text(); }
    MeasurementId measurement(SeriesId id) const { return series_[id].measurement; }

    // Finds or adds; `name` is unescaped.
    MeasurementId add_measurement(std::string_view name);
    // kNone when there is none.
    MeasurementId find_measurement(std::string_view name) const;
    std::uint32_t measurement_count() const {
        return static_cast<std::uint32_t>(measurement_names_.size());
    }
    std::string_view measurement_name(MeasurementId id) const { return measurement_names_[id]; }

    // All memory held, for the head's budget.
    std::size_t memory_bytes() const;

private:
    struct Slot {
        std::uint32_t tag;
        SpellingId spelling;
    };
    struct Series {
        SpellingId canonical;
        MeasurementId measurement;
    };

    SpellingId insert(std::string_view stored_bytes, std::uint64_t hash, SeriesId series);
    std::size_t next_slot(std::size_t slot) const {
        return slot + 1 == slots_.size() ? 0 : slot + 1;
    }
    void place(Slot entry);
    void grow_slots();

    Arena bytes_{256 * 1024};
    PodVector<Slot> slots_;
    unsigned slot_shift_ = 0;  // of a tag, so that it is the number of a slot
    PodVector<Spelling> spellings_;
    PodVector<SpellingId> successors_;
    PodVector<Series> series_;
    std::vector<std::string_view> measurement_names_;
    // Open addressing over measurement_names_, by name.
    PodVector<MeasurementId> measurement_slots_;
};

}  // namespace sluice::model
