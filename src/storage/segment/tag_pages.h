// TagPages says which pages of a segment's series keys may hold a value of a tag, so that a query
// for a few values reads the pages of these and not all.
//
// For each page there is a split block Bloom filter (Putze, Sanders, Singler: Cache-, Hash- and
// Space-Efficient Bloom Filters) with 16 bits a distinct value: one page of a thousand is read in
// vain. A million series of different values take 2 MB.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/base/pod_vector.h"
#include "sluice/storage/series_list.h"
#include "storage/segment/segment_series_page.h"

namespace sluice::storage {

// Pages are added in their order. It is immutable after the last.
class TagPages {
public:
    explicit TagPages(std::string_view tag) : tag_(tag) {}

    const std::string& tag() const { return tag_; }

    void add_page(const SeriesPage& page);
    // Adds a page of which nothing is known: it may hold everything.
    void add_unknown_page() { add_filter(kUnknown); }

    std::uint32_t page_count() const { return static_cast<std::uint32_t>(begins_.size()); }
    // Returns false if no series of the page has one of the values. Values are those of the tag.
    bool may_have(std::uint32_t page, const TagChoice& choice) const;
    std::size_t memory_bytes() const;

private:
    // The filter of a page: 32 bytes for each block.
    struct Block {
        std::uint32_t words[8];
    };
    static constexpr std::uint32_t kUnknown = ~std::uint32_t{0};

    void add_filter(std::uint32_t blocks);

    std::string tag_;
    PodVector<Block> blocks_;
    PodVector<std::uint32_t> begins_;  // of each page in blocks_
    PodVector<std::uint32_t> counts_;  // of blocks; kUnknown: the page may hold everything
};

// Fills `places` with the places in the page, ascending, of the series that have one of the values.
// Where the page does not tell its tags apart, that is all of them.
void find_places(const SeriesPage& page, const TagChoice& choice, PodVector<std::uint32_t>& places);

}  // namespace sluice::storage
