// The series keys of a segment lie in pages of up to 4096. A page has a sorted dictionary of values
// per tag, and one small number per series and tag.
//
// That is postings and key list in one: a predicate on a tag is decided once per distinct value,
// and finding its series is a scan over packed numbers; the numbers of most tags take no more than
// a few bits, so nothing else is stored. Figures: SEGMENT_FORMAT.md, "Series pages".
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/byte_writer.h"
#include "sluice/base/bytes.h"
#include "sluice/base/pod_vector.h"
#include "sluice/base/result.h"

namespace sluice::storage {

inline constexpr std::uint32_t kSeriesPageSeriesMax = 4096;
// Bounds the memory of a page under construction where keys are long.
inline constexpr std::size_t kSeriesPageKeyBytesMax = 1024 * 1024;

// A page in memory. Tag keys and values are escaped as in the series key.
class SeriesPage {
public:
    std::uint32_t first_series() const { return first_series_; }
    std::uint32_t series_count() const { return series_count_; }

    // Appends the canonical key of series first_series() + i.
    void append_key(std::uint32_t i, std::string& out) const;
    // All keys of the page, ascending.
    void append_keys(std::vector<std::string>& out) const;
    // Returns the place of the key in the page, or -1.
    std::int64_t find(std::string_view key) const;

    // Returns false if the keys are stored whole, because some key of the page was not of the
    // canonical form.
    bool has_tags() const { return !whole_keys_; }
    // Returns whether nothing in tags and values is escaped, so that their bytes are their meaning.
    bool has_plain_tags() const { return !whole_keys_ && !has_escapes_; }
    std::size_t tag_count() const { return tags_.size(); }
    std::string_view tag_key(std::size_t tag) const { return tags_[tag].key; }
    // Distinct values, ascending.
    std::size_t tag_value_count(std::size_t tag) const { return tags_[tag].ends.size(); }
    std::string_view tag_value(std::size_t tag, std::size_t value) const {
        return tags_[tag].value(value);
    }
    // Per series: 0 where it has no such tag, else 1 + the number of its value.
    std::span<const std::uint64_t> tag_ids(std::size_t tag) const { return tags_[tag].ids; }

    std::size_t memory_bytes() const;

    static Result<SeriesPage> parse(ByteSpan bytes, std::uint32_t first_series,
                                    std::uint32_t series_count);

private:
    struct TagColumn {
        std::string key;
        std::string text;  // of all values
        PodVector<std::uint32_t> ends;
        PodVector<std::uint64_t> ids;

        std::string_view value(std::size_t i) const {
            const std::uint32_t begin = i == 0 ? 0 : ends[i - 1];
            return std::string_view(text).substr(begin, ends[i] - begin);
        }
    };

    static bool parse_tag(ByteReader& in, std::uint32_t series_count, TagColumn& tag);

    std::uint32_t first_series_ = 0;
    std::uint32_t series_count_ = 0;
    bool whole_keys_ = false;
    bool has_escapes_ = false;
    std::string prefix_;  // the escaped measurement
    std::vector<TagColumn> tags_;
};

// Collects keys in ascending order and writes them as a page.
class SeriesPageBuilder {
public:
    SeriesPageBuilder();
    ~SeriesPageBuilder();
    SeriesPageBuilder(const SeriesPageBuilder&) = delete;
    SeriesPageBuilder& operator=(const SeriesPageBuilder&) = delete;

    // The key is greater than the one before, also than those of earlier pages.
    void add(std::string_view key);
    std::uint32_t series_count() const;
    bool full() const;
    std::string_view first_key() const;
    // Appends the page, checksum included, and starts the next one.
    void write(ByteWriter& out);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::storage
