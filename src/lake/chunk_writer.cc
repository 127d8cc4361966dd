#include "lake/chunk_writer.h"

#include <algorithm>
#include <bit>

#include "lake/delta_integers.h"
#include "lake/hybrid_runs.h"
#include "lake/packed_bits.h"
#include "lake/physical_type.h"
#include "lake/utf8_text.h"
#include "sluice/base/check.h"

namespace sluice::lake {
namespace {

constexpr std::uint64_t kNanosInMicro = 1000;

// How often the limits are looked at: a dictionary may be larger by so many words.
constexpr std::size_t kStepRows = 512;

// Rounded down, also before 1970.
std::int64_t micros_of(std::int64_t nanos) {
    constexpr auto kDivisor = static_cast<std::int64_t>(kNanosInMicro);
    return nanos / kDivisor - (nanos % kDivisor < 0 ? 1 : 0);
}

unsigned width_of(std::size_t count) {
    // A width of 0 is allowed, and not all readers allow it.
    return std::max(1, static_cast<int>(std::bit_width(count - 1)));
}

}  // namespace

ChunkWriter::ChunkWriter(const ParquetColumn& column, const ChunkLimits& limits, PagePacker& packer)
    : type_(column.type),
      is_required_(column.is_required),
      limits_(limits),
      packer_(packer),
      has_dictionary_(may_have_dictionary()),
      range_(column.type) {}

// Times are nearly all distinct; of booleans there are two, a bit each.
bool ChunkWriter::may_have_dictionary() const {
    return type_ != ParquetType::kTime && type_ != ParquetType::kBoolean;
}

ParquetEncoding ChunkWriter::other_encoding() const {
    switch (type_) {
        case ParquetType::kTime:
        case ParquetType::kNanos:
        case ParquetType::kInteger:
            return ParquetEncoding::kDifferences;
        default:
            return ParquetEncoding::kPlain;
    }
}

void ChunkWriter::append(const codec::ColumnSlice& column, std::size_t begin, std::size_t count) {
    if (column.absent()) return append_nulls(count);
    while (count > 0) {
        const std::size_t step = std::min(count, kStepRows);
        if (type_ == ParquetType::kString) {
            append_texts(column, begin, step);
        } else {
            append_words(column, begin, step);
            if (words_.size_bytes() >= limits_.dictionary_bytes && has_dictionary_) {
                cut_page();
                has_dictionary_ = false;
            }
            cut_page_if_full();
        }
        begin += step;
        count -= step;
    }
}

void ChunkWriter::append_nulls(std::size_t count) {
    SLUICE_CHECK(!is_required_);
    facts_.nulls += count;
    if (rows_ == 0) {
        nulls_in_front_ += count;
        return;
    }
    while (count > 0) {
        // The page is full at its bound; what is left begins the next one.
        const std::size_t step = std::min(count, limits_.page_rows - rows_);
        append_levels(false, step);
        cut_page_if_full();
        count -= step;
        if (rows_ == 0) {
            nulls_in_front_ += count;
            return;
        }
    }
}

void ChunkWriter::append_levels(bool is_valid, std::size_t count) {
    if (!is_valid && levels_.empty()) levels_.append_copies(rows_, 1);
    const bool is_needed = !is_valid || !levels_.empty();
    rows_ += count;
    if (is_needed) levels_.append_copies(count, is_valid ? 1 : 0);
}

std::uint64_t ChunkWriter::word_of(const codec::ColumnSlice& column, std::size_t row) const {
    if (type_ == ParquetType::kBoolean) return column.flags[row];
    const std::uint64_t word = column.words[row];
    const auto time = static_cast<std::int64_t>(word);
    if (type_ == ParquetType::kTime) return static_cast<std::uint64_t>(micros_of(time));
    if (type_ != ParquetType::kNanos) return word;
    return word - static_cast<std::uint64_t>(micros_of(time)) * kNanosInMicro;
}

void ChunkWriter::append_word(std::uint64_t word) {
    if (has_dictionary_) {
        indices_.push_back(words_.find_or_add(word));
    } else {
        plain_words_.push_back(word);
    }
}

void ChunkWriter::append_words(const codec::ColumnSlice& column, std::size_t begin,
                               std::size_t count) {
    if (column.validity.empty()) {
        append_levels(true, count);
        for (std::size_t row = begin; row < begin + count; ++row) append_word(word_of(column, row));
        return;
    }
    for (std::size_t row = begin; row < begin + count; ++row) {
        if (!column.is_valid(row)) {
            append_nulls(1);
            continue;
        }
        append_levels(true, 1);
        append_word(word_of(column, row));
    }
}

void ChunkWriter::append_texts(const codec::ColumnSlice& column, std::size_t begin,
                               std::size_t count) {
    for (std::size_t row = begin; row < begin + count; ++row) {
        if (column.is_valid(row)) {
            append_text(column.texts[row], 1);
        } else {
            append_nulls(1);
        }
    }
}

void ChunkWriter::append_text(std::string_view text, std::size_t count) {
    if (!is_utf8(text)) {
        texts_mended_ += count;
        mended_ = with_replacements(text);
        text = mended_;
    }
    while (count > 0) {
        // Without a dictionary each of them takes room.
        const std::size_t room = std::max<std::size_t>(limits_.page_bytes / (text.size() + 4), 1);
        const std::size_t step = std::min({count, limits_.page_rows - rows_, room});
        append_value(text, step);
        cut_page_if_full();
        count -= step;
    }
}

void ChunkWriter::append_value(std::string_view text, std::size_t count) {
    append_levels(true, count);
    if (has_dictionary_) {
        indices_.append_copies(count, texts_.find_or_add(text));
        if (texts_.size_bytes() < limits_.dictionary_bytes) return;
        cut_page();
        has_dictionary_ = false;
        return;
    }
    range_.add_text(text);
    plain_text_count_ += count;
    for (std::size_t i = 0; i < count; ++i) {
        plain_texts_.write(static_cast<std::uint32_t>(text.size()));
        plain_texts_.write_span(as_byte_span(text));
    }
}

void ChunkWriter::cut_page_if_full() {
    if (rows_ >= limits_.page_rows || plain_texts_.size() >= limits_.page_bytes) cut_page();
}

// The levels of a page stand behind their length. Columns without nulls have none.
void ChunkWriter::write_levels() {
    if (is_required_) return;
    const std::size_t begin = body_.size();
    body_.write<std::uint32_t>(0);
    if (nulls_in_front_ != 0) append_hybrid_run(0, nulls_in_front_, 1, body_);
    if (!levels_.empty()) {
        append_hybrid_runs({levels_.data(), levels_.size()}, 1, body_);
    } else if (rows_ != 0) {
        append_hybrid_run(1, rows_, 1, body_);
    }
    body_.write_at(begin, static_cast<std::uint32_t>(body_.size() - begin - 4));
}

// Asked when the first page is full. Integers are held against their differences, which is what the
// chunk has otherwise; of other values half must be old acquaintances.
bool ChunkWriter::does_dictionary_pay() {
    const std::size_t distinct = dictionary_count();
    if (other_encoding() != ParquetEncoding::kDifferences) return distinct * 2 <= indices_.size();
    differences_.clear();
    plain_words_.clear();
    for (const std::uint32_t index : indices_) plain_words_.push_back(words_.words()[index]);
    append_delta_integers({plain_words_.data(), plain_words_.size()}, differences_);
    plain_words_.clear();
    return distinct * 8 + indices_.size() * width_of(distinct) / 8 < differences_.size();
}

// Before any page refers to the dictionary.
void ChunkWriter::leave_dictionary() {
    for (const std::uint32_t index : indices_) {
        if (type_ != ParquetType::kString) {
            plain_words_.push_back(words_.words()[index]);
            continue;
        }
        const std::string_view text = texts_[index];
        range_.add_text(text);
        plain_texts_.write(static_cast<std::uint32_t>(text.size()));
        plain_texts_.write_span(as_byte_span(text));
        ++plain_text_count_;
    }
    indices_.clear();
    words_.clear();
    texts_.clear();
    has_dictionary_ = false;
}

void ChunkWriter::write_indices() {
    const unsigned width = width_of(dictionary_count());
    body_.write(static_cast<std::uint8_t>(width));
    append_hybrid_runs({indices_.data(), indices_.size()}, width, body_);
}

void ChunkWriter::write_values() {
    const std::span<const std::uint64_t> words{plain_words_.data(), plain_words_.size()};
    range_.add_words(words);
    switch (type_) {
        case ParquetType::kTime:
        case ParquetType::kNanos:
        case ParquetType::kInteger:
            append_delta_integers(words, body_);
            return;
        case ParquetType::kFloat:
            body_.write_span(std::as_bytes(words));
            return;
        case ParquetType::kUnsigned:
            for (const std::uint64_t word : words) {
                append_unsigned(word, body_.append_uninitialized(kUnsignedBytes));
            }
            return;
        case ParquetType::kBoolean:
            append_packed_bits(words, 1, (words.size() + 7) / 8 * 8, body_);
            return;
        case ParquetType::kString:
            body_.write_span(plain_texts_.span());
    }
}

void ChunkWriter::cut_page() {
    if (nulls_in_front_ + rows_ == 0) return;
    if (has_dictionary_ && facts_.dictionary_pages == 0 && !does_dictionary_pay()) {
        leave_dictionary();
    }
    body_.clear();
    write_levels();
    PageHead head;
    head.values = static_cast<std::uint32_t>(nulls_in_front_ + rows_);
    // A page of nulls at the end of a chunk is like those before it; alone, it has no values that
    // could be written in another way than as they are.
    const bool has_values = !indices_.empty() || !plain_words_.empty() || plain_text_count_ != 0;
    const bool is_first = facts_.dictionary_pages + facts_.other_pages == 0;
    if (!indices_.empty() || (!has_values && facts_.dictionary_pages != 0)) {
        head.encoding = ParquetEncoding::kDictionary;
        write_indices();
        ++facts_.dictionary_pages;
        // Most of it was new: the next page would say as much again.
        const std::size_t added = dictionary_count() - entries_before_;
        if (added * 2 > indices_.size() && has_values) has_dictionary_ = false;
    } else {
        head.encoding = has_values || !is_first ? other_encoding() : ParquetEncoding::kPlain;
        if (has_values || !is_first) write_values();
        facts_.encoding = head.encoding;
        ++facts_.other_pages;
    }
    facts_.rows += head.values;
    facts_.unpacked_bytes += packer_.append(head, body_.span(), pages_);
    nulls_in_front_ = 0;
    rows_ = 0;
    levels_.clear();
    entries_before_ = dictionary_count();
    indices_.clear();
    plain_words_.clear();
    plain_texts_.clear();
    plain_text_count_ = 0;
}

ParquetChunk ChunkWriter::finish() {
    cut_page();
    dictionary_page_.clear();
    if (dictionary_count() != 0) {
        body_.clear();
        PageHead head;
        head.is_dictionary = true;
        head.values = static_cast<std::uint32_t>(dictionary_count());
        plain_words_.append(words_.words());
        for (std::size_t i = 0; i < texts_.count(); ++i) range_.add_text(texts_[i]);
        if (type_ == ParquetType::kString) {
            body_.write_span(texts_.plain());
        } else if (other_encoding() == ParquetEncoding::kDifferences) {
            // A dictionary is PLAIN, whatever its column has otherwise.
            range_.add_words(words_.words());
            for (const std::uint64_t word : words_.words()) {
                const auto bytes = std::as_bytes(std::span(&word, 1));
                body_.write_span(bytes.first(plain_bytes_of(type_)));
            }
        } else {
            write_values();
        }
        plain_words_.clear();
        facts_.unpacked_bytes += packer_.append(head, body_.span(), dictionary_page_);
    }
    facts_.dictionary_bytes = dictionary_page_.size();
    facts_.size_bytes = dictionary_page_.size() + pages_.size();
    facts_.min = range_.min();
    facts_.max = range_.max();
    return facts_;
}

void ChunkWriter::clear() {
    facts_ = {};
    pages_.clear();
    dictionary_page_.clear();
    has_dictionary_ = may_have_dictionary();
    words_.clear();
    texts_.clear();
    range_.clear();
    entries_before_ = 0;
}

}  // namespace sluice::lake
