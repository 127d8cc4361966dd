// The distinct values of a chunk, numbered in the order in which they come.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/base/byte_writer.h"
#include "sluice/base/hash.h"
#include "sluice/base/place_table.h"
#include "sluice/base/pod_vector.h"

namespace sluice::lake {

// Numbers of 64 bits. The search is on the way of every value.
class WordDictionary {
public:
    std::uint32_t find_or_add(std::uint64_t value) {
        if (words_.size() * 2 >= slots_.size()) grow();
        const std::size_t mask = slots_.size() - 1;
        for (std::size_t at = place_of(value) & mask;; at = (at + 1) & mask) {
            const std::uint32_t index = slots_[at];
            if (index == kNone) {
                slots_[at] = static_cast<std::uint32_t>(words_.size());
                words_.push_back(value);
                return slots_[at];
            }
            if (words_[index] == value) return index;
        }
    }
    std::span<const std::uint64_t> words() const { return {words_.data(), words_.size()}; }
    std::size_t size_bytes() const { return words_.size() * 8; }
    // The table keeps its memory: the next row group looks like this one.
    void clear() {
        words_.clear();
        for (std::uint32_t& slot : slots_) slot = kNone;
    }

private:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};
    static constexpr std::size_t kFirstSlots = 256;

    // Floats of few digits differ in their high bits, counters in their low ones: the product mixes
    // all of them into the upper half (Knuth, The Art of Computer Programming 3, 6.4).
    static std::size_t place_of(std::uint64_t value) {
        value ^= value >> 32;
        return static_cast<std::size_t>((value * 0x9E3779B97F4A7C15u) >> 32);
    }
    void grow() {
        const std::size_t wanted = slots_.empty() ? kFirstSlots : slots_.size() * 2;
        slots_.clear();
        slots_.append_copies(wanted, kNone);
        for (std::uint32_t i = 0; i < words_.size(); ++i) {
            std::size_t at = place_of(words_[i]) & (wanted - 1);
            while (slots_[at] != kNone) at = (at + 1) & (wanted - 1);
            slots_[at] = i;
        }
    }

    PodVector<std::uint64_t> words_;
    PodVector<std::uint32_t> slots_;  // a power of two of them, at most half in use
};

// Strings. They are kept as a PLAIN page has them: a length of four bytes, then the text.
class TextDictionary {
public:
    std::uint32_t find_or_add(std::string_view text) {
        const std::uint64_t hash = hash_bytes(text);
        const std::uint32_t found =
            places_.find(hash, [&](std::uint32_t place) { return (*this)[place] == text; });
        if (found != PlaceTable::kNone) return found;
        const auto place = static_cast<std::uint32_t>(begins_.size());
        begins_.push_back(static_cast<std::uint32_t>(plain_.size()));
        plain_.write(static_cast<std::uint32_t>(text.size()));
        plain_.write_span(as_byte_span(text));
        places_.add(hash, place);
        return place;
    }
    std::size_t count() const { return begins_.size(); }
    std::string_view operator[](std::size_t place) const {
        const std::byte* const at = plain_.span().data() + begins_[place];
        return {reinterpret_cast<const char*>(at) + 4, load_le<std::uint32_t>(at)};
    }
    ByteSpan plain() const { return plain_.span(); }
    std::size_t size_bytes() const { return plain_.size(); }
    void clear() {
        plain_.clear();
        begins_.clear();
        places_.clear();
    }

private:
    ByteWriter plain_;
    PodVector<std::uint32_t> begins_;
    PlaceTable places_;
};

}  // namespace sluice::lake
