// Filters of pages, and the search in a page.
#include "storage/segment/tag_pages.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "sluice/base/check.h"
#include "sluice/base/hash.h"

namespace sluice::storage {
namespace {

constexpr std::size_t kBitsPerValue = 16;
constexpr std::size_t kBlockBits = 256;
// Odd numbers that spread the low half of a hash over the eight words of a block; those of Apache
// Parquet's filter.
constexpr std::uint32_t kSalts[8] = {0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d,
                                     0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31};

std::uint32_t bit_of(std::uint64_t hash, std::size_t word) {
    return std::uint32_t{1} << ((static_cast<std::uint32_t>(hash) * kSalts[word]) >> 27);
}

// The block of a value among `blocks`, by the high half of its hash.
std::uint32_t block_of(std::uint64_t hash, std::uint32_t blocks) {
    return static_cast<std::uint32_t>(((hash >> 32) * blocks) >> 32);
}

std::optional<std::size_t> find_tag(const SeriesPage& page, std::string_view key) {
    for (std::size_t tag = 0; tag < page.tag_count(); ++tag) {
        if (page.tag_key(tag) == key) return tag;
    }
    return std::nullopt;
}

// Returns the number of a value in the dictionary of a tag.
std::optional<std::size_t> find_value(const SeriesPage& page, std::size_t tag,
                                      std::string_view value) {
    std::size_t begin = 0;
    std::size_t end = page.tag_value_count(tag);
    while (begin < end) {
        const std::size_t middle = begin + (end - begin) / 2;
        if (page.tag_value(tag, middle) < value) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    if (begin == page.tag_value_count(tag) || page.tag_value(tag, begin) != value) {
        return std::nullopt;
    }
    return begin;
}

}  // namespace

void TagPages::add_filter(std::uint32_t blocks) {
    begins_.push_back(static_cast<std::uint32_t>(blocks_.size()));
    counts_.push_back(blocks);
    if (blocks == kUnknown || blocks == 0) return;
    std::memset(blocks_.append_uninitialized(blocks), 0, blocks * sizeof(Block));
}

void TagPages::add_page(const SeriesPage& page) {
    if (!page.has_plain_tags()) {
        add_unknown_page();
        return;
    }
    const std::optional<std::size_t> tag = find_tag(page, tag_);
    const std::size_t values = tag ? page.tag_value_count(*tag) : 0;
    const auto blocks =
        static_cast<std::uint32_t>((values * kBitsPerValue + kBlockBits - 1) / kBlockBits);
    add_filter(blocks);
    Block* const filter = blocks_.data() + begins_.back();
    for (std::size_t i = 0; i < values; ++i) {
        const std::uint64_t hash = hash_bytes(page.tag_value(*tag, i));
        Block& block = filter[block_of(hash, blocks)];
        for (std::size_t word = 0; word < 8; ++word) block.words[word] |= bit_of(hash, word);
    }
}

bool TagPages::may_have(std::uint32_t page, const TagChoice& choice) const {
    SLUICE_CHECK(page < page_count());
    if (counts_[page] == kUnknown) return true;
    if (counts_[page] == 0) return false;
    const Block* const filter = blocks_.data() + begins_[page];
    return std::any_of(choice.values.begin(), choice.values.end(), [&](const std::string& value) {
        const std::uint64_t hash = hash_bytes(value);
        const Block& block = filter[block_of(hash, counts_[page])];
        for (std::size_t word = 0; word < 8; ++word) {
            if ((block.words[word] & bit_of(hash, word)) == 0) return false;
        }
        return true;
    });
}

std::size_t TagPages::memory_bytes() const {
    return sizeof(*this) + blocks_.capacity() * sizeof(Block) +
           (begins_.capacity() + counts_.capacity()) * sizeof(std::uint32_t);
}

void find_places(const SeriesPage& page, const TagChoice& choice,
                 PodVector<std::uint32_t>& places) {
    places.clear();
    if (!page.has_plain_tags()) {
        for (std::uint32_t i = 0; i < page.series_count(); ++i) places.push_back(i);
        return;
    }
    const std::optional<std::size_t> tag = find_tag(page, choice.tag);
    if (!tag) return;
    // As in the page, 0 is the number of those without the tag.
    std::vector<bool> wanted(page.tag_value_count(*tag) + 1, false);
    bool any = false;
    for (const std::string& value : choice.values) {
        const std::optional<std::size_t> number = find_value(page, *tag, value);
        if (!number) continue;
        wanted[*number + 1] = true;
        any = true;
    }
    if (!any) return;
    const std::span<const std::uint64_t> ids = page.tag_ids(*tag);
    for (std::uint32_t i = 0; i < ids.size(); ++i) {
        if (wanted[ids[i]]) places.push_back(i);
    }
}

}  // namespace sluice::storage
