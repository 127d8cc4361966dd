#include "sluice/model/series_index.h"

#include <bit>
#include <utility>

#include "sluice/base/check.h"
#include "sluice/base/hash.h"
#include "sluice/model/series_key.h"

namespace sluice::model {
namespace {

constexpr std::size_t kInitialSlots = 64;

unsigned shift_for(std::size_t slots) {
    SLUICE_CHECK(std::has_single_bit(slots) && slots <= std::size_t{1} << 32);
    return 32 - static_cast<unsigned>(std::countr_zero(slots));
}

}  // namespace

SeriesIndex::SeriesIndex() {
    slots_.append_copies(kInitialSlots, Slot{0, kNone});
    slot_shift_ = shift_for(kInitialSlots);
    measurement_slots_.append_copies(kInitialSlots, kNone);
}

// Open addressing with linear probing. A slot has the upper half of its key's hash, the tag, beside
// the number of the spelling. The upper bits of the tag say where the probe begins; the lower ones
// let it pass over other keys mostly without a look at their bytes. Nothing is ever taken out: an
// index ends with its head.
SeriesId SeriesIndex::add_series(std::string_view canonical_key) {
    const std::uint64_t hash = hash_bytes(canonical_key);
    const SpellingId known = find(canonical_key, hash);
    if (known != kNone) return spellings_[known].series;
    const std::string_view measurement = measurement_of_series_key(canonical_key);
    const SeriesId id = series_count();
    SLUICE_CHECK(id != kNone);
    const MeasurementId measurement_id = measurement.find('\\') == std::string_view::npos
                                             ? add_measurement(measurement)
                                             : add_measurement(unescape_measurement(measurement));
    const SpellingId canonical = insert(bytes_.copy(canonical_key), hash, id);
    series_.push_back({canonical, measurement_id});
    return id;
}

SpellingId SeriesIndex::add_spelling(std::string_view spelling, std::uint64_t hash,
                                     SeriesId series) {
    return insert(bytes_.copy(spelling), hash, series);
}

SpellingId SeriesIndex::insert(std::string_view stored_bytes, std::uint64_t hash, SeriesId series) {
    // At most two thirds full: linear probing stays short.
    if ((spellings_.size() + 1) * 3 > slots_.size() * 2) grow_slots();
    const auto id = static_cast<SpellingId>(spellings_.size());
    spellings_.push_back(
        {stored_bytes.data(), static_cast<std::uint32_t>(stored_bytes.size()), series});
    successors_.push_back(kNone);
    place({static_cast<std::uint32_t>(hash >> 32), id});
    return id;
}

void SeriesIndex::place(Slot entry) {
    std::size_t slot = entry.tag >> slot_shift_;
    while (slots_[slot].spelling != kNone) slot = next_slot(slot);
    slots_[slot] = entry;
}

// Slots go to twice their number, in the same order: memory is read and written from one end to the
// other, and no key is looked at. Millions of keys would hold the core for a tenth of a second.
void SeriesIndex::grow_slots() {
    const PodVector<Slot> old = std::move(slots_);
    slots_ = {};
    slots_.append_copies(old.size() * 2, Slot{0, kNone});
    slot_shift_ = shift_for(slots_.size());
    for (const Slot& each : old) {
        if (each.spelling != kNone) place(each);
    }
}

MeasurementId SeriesIndex::add_measurement(std::string_view name) {
    std::size_t mask = measurement_slots_.size() - 1;
    std::size_t slot = hash_bytes(name) & mask;
    while (measurement_slots_[slot] != kNone) {
        const MeasurementId id = measurement_slots_[slot];
        if (measurement_names_[id] == name) return id;
        slot = (slot + 1) & mask;
    }
    const MeasurementId id = measurement_count();
    measurement_names_.push_back(bytes_.copy(name));
    measurement_slots_[slot] = id;
    if (measurement_names_.size() * 2 > measurement_slots_.size()) {
        const std::size_t count = measurement_slots_.size() * 2;
        measurement_slots_ = {};
        measurement_slots_.append_copies(count, kNone);
        mask = count - 1;
        for (MeasurementId each = 0; each < measurement_count(); ++each) {
            slot = hash_bytes(measurement_names_[each]) & mask;
            while (measurement_slots_[slot] != kNone) slot = (slot + 1) & mask;
            measurement_slots_[slot] = each;
        }
    }
    return id;
}

MeasurementId SeriesIndex::find_measurement(std::string_view name) const {
    const std::size_t mask = measurement_slots_.size() - 1;
    for (std::size_t slot = hash_bytes(name) & mask;; slot = (slot + 1) & mask) {
        const MeasurementId id = measurement_slots_[slot];
        if (id == kNone || measurement_names_[id] == name) return id;
    }
}

std::size_t SeriesIndex::memory_bytes() const {
    return bytes_.memory_bytes() + slots_.capacity() * sizeof(Slot) +
           spellings_.capacity() * sizeof(Spelling) + successors_.capacity() * sizeof(SpellingId) +
           series_.capacity() * sizeof(Series) +
           measurement_names_.capacity() * sizeof(std::string_view) +
           measurement_slots_.capacity() * sizeof(MeasurementId);
}

}  // namespace sluice::model
