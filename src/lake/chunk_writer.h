// One column of the row group that is being written: values become packed pages as they come, so
// that a row group in the making has about the size that it will have in the file.
//
// A chunk begins with a dictionary if its type may have one. Where the first page shows that this
// does not pay, or later the dictionary becomes full or most of a page is new to it, the rest of
// the chunk is written without it. What is chosen depends on the values alone.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "lake/page_packer.h"
#include "lake/value_dictionary.h"
#include "lake/value_range.h"
#include "sluice/base/byte_writer.h"
#include "sluice/base/pod_vector.h"
#include "sluice/codec/column_chunk.h"
#include "sluice/lake/parquet_metadata.h"

namespace sluice::lake {

struct ChunkLimits {
    std::size_t page_rows = 0;
    std::size_t page_bytes = 0;
    std::size_t dictionary_bytes = 0;
};

class ChunkWriter {
public:
    // `packer` outlives it; the chunks of a file share one.
    ChunkWriter(const ParquetColumn& column, const ChunkLimits& limits, PagePacker& packer);

    // Rows [begin, begin + count) of `column`. The times of kTime and kNanos are nanoseconds.
    void append(const codec::ColumnSlice& column, std::size_t begin, std::size_t count);
    // Rows with the same text each.
    void append_text(std::string_view text, std::size_t count);

    // Bytes of the pages so far.
    std::size_t size_bytes() const { return pages_.size() + dictionary_bytes(); }
    // Strings that were not UTF-8, since the writer was made.
    std::uint64_t texts_mended() const { return texts_mended_; }

    // The chunk is complete: its facts but for the offset, and its bytes in two parts, which are
    // valid until clear().
    ParquetChunk finish();
    ByteSpan dictionary_page() const { return dictionary_page_.span(); }
    ByteSpan pages() const { return pages_.span(); }
    // The next row group begins.
    void clear();

private:
    bool may_have_dictionary() const;
    std::size_t dictionary_bytes() const { return words_.size_bytes() + texts_.size_bytes(); }
    std::size_t dictionary_count() const { return words_.words().size() + texts_.count(); }

    void append_nulls(std::size_t count);
    void append_levels(bool is_valid, std::size_t count);
    void append_words(const codec::ColumnSlice& column, std::size_t begin, std::size_t count);
    void append_texts(const codec::ColumnSlice& column, std::size_t begin, std::size_t count);
    void append_word(std::uint64_t word);
    void append_value(std::string_view text, std::size_t count);
    std::uint64_t word_of(const codec::ColumnSlice& column, std::size_t row) const;

    void cut_page_if_full();
    void cut_page();
    void write_levels();
    bool does_dictionary_pay();
    void leave_dictionary();
    void write_indices();
    void write_values();
    ParquetEncoding other_encoding() const;

    const ParquetType type_;
    const bool is_required_;
    const ChunkLimits limits_;
    PagePacker& packer_;
    std::string mended_;
    std::uint64_t texts_mended_ = 0;

    // Of the chunk.
    ParquetChunk facts_;
    ByteWriter pages_;
    ByteWriter dictionary_page_;
    bool has_dictionary_;  // of new values
    WordDictionary words_;
    TextDictionary texts_;
    ValueRange range_;

    // Of the page that is being filled. Nulls in front of its first value do not count towards its
    // size: a column without values has one page.
    std::size_t nulls_in_front_ = 0;
    std::size_t rows_ = 0;                  // behind them
    PodVector<std::uint32_t> levels_;       // of these; empty: all have a value
    std::size_t entries_before_ = 0;        // of the dictionary, when the page began
    PodVector<std::uint32_t> indices_;      // with a dictionary
    PodVector<std::uint64_t> plain_words_;  // without one
    ByteWriter plain_texts_;                // likewise
    std::size_t plain_text_count_ = 0;
    ByteWriter body_;
    ByteWriter differences_;
};

}  // namespace sluice::lake
