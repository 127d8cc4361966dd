#include "sluice/lake/parquet_reader.h"

#include "lake/delta_integers.h"
#include "lake/file_mark.h"
#include "lake/hybrid_runs.h"
#include "lake/packed_bits.h"
#include "lake/page_packer.h"
#include "lake/physical_type.h"
#include "sluice/base/check.h"

namespace sluice::lake {
namespace {

Error damaged(const char* what) {
    return {ErrorKind::kCorrupt, std::string("a Parquet file: ") + what};
}

// One chunk, page by page.
class ChunkReader {
public:
    ChunkReader(const ParquetColumn& column, const ParquetChunk& chunk)
        : column_(column), chunk_(chunk) {}

    Result<ParquetValues> read(ByteSpan bytes) {
        if (chunk_.dictionary_bytes != 0) {
            SLUICE_TRY(const PageHead head, take_page(bytes, body_));
            if (!head.is_dictionary || !read_plain(body_.span(), head.values)) {
                return damaged("a dictionary cannot be read");
            }
            dictionary_words_ = std::move(values_.words);
            dictionary_texts_ = std::move(values_.texts);
            values_ = {};
        }
        while (!bytes.empty()) {
            SLUICE_TRY(const PageHead head, take_page(bytes, body_));
            if (head.values > chunk_.rows - values_.levels.size()) {
                return damaged("a chunk has more rows than its row group");
            }
            if (head.is_dictionary || !read_page(head)) return damaged("a page cannot be read");
        }
        if (values_.levels.size() != chunk_.rows) {
            return damaged("a chunk has fewer rows than its row group");
        }
        return std::move(values_);
    }

private:
    bool read_page(const PageHead& head) {
        ByteSpan body = body_.span();
        std::size_t count = head.values;
        if (column_.is_required) {
            values_.levels.append_copies(count, 1);
        } else {
            ByteReader in(body);
            const ByteSpan levels = in.read_span(in.read<std::uint32_t>());
            if (!in.ok() || !read_hybrid_runs(levels, 1, count, numbers_)) return false;
            body = body.subspan(in.position());
            values_.levels.append({numbers_.data(), numbers_.size()});
            count = 0;
            for (const std::uint32_t level : numbers_) {
                if (level > 1) return false;
                count += level;
            }
        }
        switch (head.encoding) {
            case ParquetEncoding::kDictionary:
                return read_indices(body, count);
            case ParquetEncoding::kDifferences:
                if (!read_delta_integers(body, count, words_)) return false;
                values_.words.append({words_.data(), words_.size()});
                return plain_bytes_of(column_.type) != 0;
            case ParquetEncoding::kPlain:
                return read_plain(body, count);
            case ParquetEncoding::kRuns:
                break;
        }
        return false;
    }

    bool read_indices(ByteSpan body, std::size_t count) {
        if (body.empty()) return false;
        const auto width = static_cast<unsigned>(body[0]);
        if (width > 32 || !read_hybrid_runs(body.subspan(1), width, count, numbers_)) return false;
        for (const std::uint32_t index : numbers_) {
            if (column_.type == ParquetType::kString) {
                if (index >= dictionary_texts_.size()) return false;
                values_.texts.push_back(dictionary_texts_[index]);
            } else {
                if (index >= dictionary_words_.size()) return false;
                values_.words.push_back(dictionary_words_[index]);
            }
        }
        return true;
    }

    bool read_plain(ByteSpan body, std::size_t count) {
        ByteReader in(body);
        if (column_.type == ParquetType::kString) {
            for (; count > 0 && in.ok(); --count) {
                values_.texts.emplace_back(as_text(in.read_span(in.read<std::uint32_t>())));
            }
            return in.ok();
        }
        if (column_.type == ParquetType::kBoolean) {
            const ByteSpan bits = in.read_span((count + 7) / 8);
            if (!in.ok()) return false;
            read_packed_bits(bits, 1, count, values_.words.append_uninitialized(count));
            return true;
        }
        const std::size_t size = plain_bytes_of(column_.type);
        for (; count > 0 && in.ok(); --count) {
            const ByteSpan value = in.read_span(size);
            if (in.ok()) values_.words.push_back(word_of(value));
        }
        return in.ok();
    }

    std::uint64_t word_of(ByteSpan value) const {
        std::uint64_t word = 0;
        if (column_.type != ParquetType::kUnsigned) {
            std::memcpy(&word, value.data(), value.size());
            return word;
        }
        for (const std::byte each : value.subspan(1)) {
            word = word << 8 | static_cast<std::uint64_t>(each);
        }
        return word;
    }

    const ParquetColumn& column_;
    const ParquetChunk& chunk_;
    ParquetValues values_;
    PodVector<std::uint64_t> dictionary_words_;
    std::vector<std::string> dictionary_texts_;
    ByteWriter body_;
    PodVector<std::uint32_t> numbers_;
    PodVector<std::uint64_t> words_;
};

}  // namespace

Result<ParquetReader> ParquetReader::open(ByteSpan file) {
    constexpr std::size_t kMark = kFileMark.size();
    constexpr std::size_t kEnd = kMark + sizeof(std::uint32_t);
    if (file.size() < kMark + kEnd || as_text(file.first(kMark)) != kFileMark ||
        as_text(file.last(kMark)) != kFileMark) {
        return damaged("it does not begin and end as one");
    }
    const auto size = load_le<std::uint32_t>(file.data() + file.size() - kEnd);
    if (size > file.size() - kMark - kEnd) return damaged("its metadata are longer than the file");
    SLUICE_TRY(ParquetMetadata metadata,
               parse_parquet_metadata(file.subspan(file.size() - kEnd - size, size)));
    return ParquetReader(file, std::move(metadata));
}

Result<ParquetValues> ParquetReader::read(std::size_t group, std::size_t column) const {
    const ParquetRowGroup& rows = metadata_.groups[group];
    const ParquetChunk& chunk = rows.chunks[column];
    if (chunk.offset > file_.size() || chunk.size_bytes > file_.size() - chunk.offset ||
        chunk.rows != rows.rows) {
        return damaged("a chunk contradicts the file");
    }
    ChunkReader reader(metadata_.columns[column], chunk);
    return reader.read(file_.subspan(chunk.offset, chunk.size_bytes));
}

}  // namespace sluice::lake
