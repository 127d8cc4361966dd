#include "storage/segment/segment_reader.h"

#include <algorithm>
#include <bit>

#include "sluice/base/check.h"
#include "sluice/base/hash.h"
#include "sluice/io/reactor.h"
#include "storage/files/device_failure.h"

namespace sluice::storage {
namespace {

// Chunks with less than this between them are read at once: a device answers 16 KiB more sooner
// than a second request.
constexpr std::uint64_t kReadGapMax = 16 * 1024;

// A block up to this size is read as a whole: that takes a device hardly longer than a part of it,
// and the next query finds it in the cache whatever columns it wants.
constexpr std::uint64_t kWholeBlockBytesMax = 64 * 1024;

// The chunks of a block that are wanted, and the reads that bring them.
struct BlockRead {
    FileRange range;
    FileBytes bytes;
};

void add_range(std::vector<BlockRead>& reads, const FileRange& range) {
    if (range.size == 0) return;
    if (!reads.empty() && range.offset <= reads.back().range.end() + kReadGapMax &&
        range.offset >= reads.back().range.offset) {
        FileRange& last = reads.back().range;
        last.size = std::max(last.end(), range.end()) - last.offset;
        return;
    }
    reads.push_back({range, {}});
}

std::vector<BlockRead> reads_of(const SegmentBlockInfo& info, const SegmentBlockChunks& chunks,
                                const BlockRequest& request) {
    std::vector<BlockRead> reads;
    if (info.range.size <= kWholeBlockBytesMax) {
        add_range(reads, info.range);
        return reads;
    }
    add_range(reads, chunks.runs);
    add_range(reads, chunks.times);
    if (request.with_sequences) add_range(reads, chunks.sequences);
    for (const std::uint32_t column : request.columns) {
        add_range(reads, chunks.columns[column].range);
    }
    return reads;
}

ByteSpan chunk_bytes(const std::vector<BlockRead>& reads, const FileRange& range) {
    for (const BlockRead& read : reads) {
        if (range.offset >= read.range.offset && range.end() <= read.range.end()) {
            return read.bytes.bytes.subspan(range.offset - read.range.offset, range.size);
        }
    }
    SLUICE_CHECK(false);
    return {};
}

Result<void> decode_runs(const SegmentBlockInfo& info, ByteSpan chunk, SegmentBlock& out) {
    out.run_rows.clear();
    if (info.series_count == 1) {
        out.run_rows.push_back(info.rows);
        return {};
    }
    PodVector<std::uint64_t> words;
    SLUICE_TRY_VOID(codec::decode_words(chunk, info.series_count, words));
    std::uint64_t rows = 0;
    for (const std::uint64_t word : words) {
        if (word == 0 || word > info.rows) {
            return Error{ErrorKind::kCorrupt, "row counts of series are wrong"};
        }
        out.run_rows.push_back(static_cast<std::uint32_t>(word));
        rows += word;
    }
    if (rows != info.rows) return Error{ErrorKind::kCorrupt, "row counts of series are wrong"};
    return {};
}

// From the first to the last row of the series wanted.
codec::RowRange rows_of(const std::vector<std::uint32_t>* series, const SegmentBlock& block) {
    codec::RowRange range{0, block.rows};
    if (series == nullptr || block.run_rows.size() == 1) return range;
    std::uint32_t row = 0;
    std::uint32_t number = block.first_series;
    bool found = false;
    for (const std::uint32_t rows : block.run_rows) {
        if (std::binary_search(series->begin(), series->end(), number++)) {
            if (!found) range.begin = row;
            found = true;
            range.end = row + rows;
        }
        row += rows;
    }
    return range;
}

// Decodes what was asked for. Runs and times are decoded whole, because rows are found by them; the
// other chunks only from the first to the last row of the series wanted.
Result<void> decode_block(const SegmentIndex& index, const SegmentBlockInfo& info,
                          const SegmentBlockChunks& chunks, const std::vector<BlockRead>& reads,
                          const BlockRequest& request, SegmentBlock& out) {
    out.rows = info.rows;
    out.first_series = info.first_series;
    out.sequences.clear();
    const ByteSpan runs = chunks.runs.size == 0 ? ByteSpan() : chunk_bytes(reads, chunks.runs);
    SLUICE_TRY_VOID(decode_runs(info, runs, out));
    SLUICE_TRY_VOID(codec::decode_times(chunk_bytes(reads, chunks.times), out.run_rows, out.times));
    const codec::RowRange wanted = rows_of(request.series, out);
    if (request.with_sequences && chunks.sequences.size != 0) {
        SLUICE_TRY_VOID(codec::decode_words(chunk_bytes(reads, chunks.sequences), info.rows,
                                            out.sequences, wanted));
    }
    out.columns.resize(request.columns.size());
    for (std::size_t i = 0; i < request.columns.size(); ++i) {
        const std::uint32_t column = request.columns[i];
        const model::FieldType type = index.columns()[column].type;
        const FileRange range = chunks.columns[column].range;
        if (range.size == 0) {
            out.columns[i].set_all_null(type, info.rows);
            continue;
        }
        SLUICE_TRY_VOID(codec::decode_column(chunk_bytes(reads, range), type, info.rows,
                                             out.columns[i], wanted));
    }
    return {};
}

}  // namespace

SegmentReader::SegmentReader(RandomAccess& access, std::string path, SegmentFooter footer,
                             FileRange footer_range)
    : access_(access),
      path_(std::move(path)),
      footer_(std::move(footer)),
      footer_range_(footer_range) {}

std::string SegmentReader::block_place(std::uint32_t block, const SegmentBlockInfo& info) {
    return "block " + std::to_string(block) + " at byte " + std::to_string(info.range.offset);
}

Error SegmentReader::placed(Error error, const std::string& place) const {
    error.message = "segment " + path_ + ": " + (place.empty() ? "" : place + ": ") + error.message;
    return error;
}

io::Task<Result<FileBytes>> SegmentReader::read(FileRange range) const {
    return access_.read(range.offset, range.size);
}

io::Task<Result<std::unique_ptr<SegmentReader>>> SegmentReader::open(RandomAccess& access,
                                                                     std::string path) {
    const std::uint64_t size = access.size();
    if (size < kSegmentHeaderBytes + kSegmentTrailerBytes) {
        co_return Error{ErrorKind::kCorrupt, "segment " + path + ": shorter than its trailer"};
    }
    SLUICE_CO_TRY(const FileBytes trailer,
                  co_await access.read(size - kSegmentTrailerBytes, kSegmentTrailerBytes));
    Result<FileRange> range = parse_segment_trailer(trailer.bytes, size);
    if (!range.ok()) {
        co_return Error{range.error().kind, "segment " + path + ": " + range.error().message};
    }
    SLUICE_CO_TRY(const FileBytes bytes, co_await access.read(range->offset, range->size));
    Result<SegmentFooter> footer = parse_segment_footer(bytes.bytes, size);
    if (!footer.ok()) {
        co_return Error{footer.error().kind, "segment " + path + ": " + footer.error().message};
    }
    co_return std::unique_ptr<SegmentReader>(
        new SegmentReader(access, std::move(path), std::move(footer).value(), *range));
}

const SegmentMeasurement* SegmentReader::find_measurement(std::string_view name) const {
    const auto found = std::lower_bound(
        footer_.measurements.begin(), footer_.measurements.end(), name,
        [](const auto& measurement, auto wanted) { return measurement.name < wanted; });
    return found != footer_.measurements.end() && found->name == name ? &*found : nullptr;
}

io::Task<Result<std::shared_ptr<const SegmentIndex>>> SegmentReader::load_index(
    const SegmentMeasurement& measurement) const {
    const std::uint64_t offset = measurement.index.offset;
    if (auto known = access_.find_made({Made::kIndex, offset})) {
        co_return std::static_pointer_cast<const SegmentIndex>(std::move(known));
    }
    SLUICE_CO_TRY(const FileBytes bytes, co_await read(measurement.index));
    Result<SegmentIndex> index =
        SegmentIndex::parse(bytes.bytes, measurement, footer_.has_sequences);
    if (!index.ok()) {
        co_return placed(std::move(index).error(), "measurement " + measurement.name);
    }
    auto made = std::make_shared<const SegmentIndex>(std::move(index).value());
    access_.keep_made({Made::kIndex, offset}, made, made->memory_bytes());
    co_return std::shared_ptr<const SegmentIndex>(std::move(made));
}

io::Task<Result<std::shared_ptr<const SeriesPage>>> SegmentReader::read_series_page(
    const SegmentIndex& index, std::uint32_t page) const {
    const SegmentPageInfo info = index.page(page);
    if (auto known = access_.find_made({Made::kSeriesPage, info.range.offset})) {
        co_return std::static_pointer_cast<const SeriesPage>(std::move(known));
    }
    SLUICE_CO_TRY(const FileBytes bytes, co_await read(info.range));
    Result<SeriesPage> parsed =
        SeriesPage::parse(bytes.bytes, info.first_series, info.series_count);
    if (!parsed.ok()) {
        co_return placed(std::move(parsed).error(),
                         "page at byte " + std::to_string(info.range.offset));
    }
    auto made = std::make_shared<const SeriesPage>(std::move(parsed).value());
    access_.keep_made({Made::kSeriesPage, info.range.offset}, made, made->memory_bytes());
    co_return std::shared_ptr<const SeriesPage>(std::move(made));
}

io::Task<Result<std::optional<std::uint32_t>>> SegmentReader::find_series(const SegmentIndex& index,
                                                                          std::string key) const {
    if (index.page_count() == 0) co_return std::optional<std::uint32_t>();
    SLUICE_CO_TRY(const auto page, co_await read_series_page(index, index.page_of_key(key)));
    const std::int64_t found = page->find(key);
    if (found < 0) co_return std::optional<std::uint32_t>();
    co_return std::optional<std::uint32_t>(page->first_series() +
                                           static_cast<std::uint32_t>(found));
}

io::Task<Result<SeriesList>> SegmentReader::read_series(io::Reactor& reactor,
                                                        const SegmentMeasurement& measurement,
                                                        const SegmentIndex& index) const {
    const std::uint64_t offset = measurement.index.offset;
    if (const auto known = access_.find_made({Made::kSeriesList, offset})) {
        co_return *std::static_pointer_cast<const SeriesList>(known);
    }
    SeriesList list;
    std::string key;
    for (std::uint32_t number = 0; number < index.page_count(); ++number) {
        SLUICE_CO_TRY(const auto page, co_await read_series_page(index, number));
        for (std::uint32_t i = 0; i < page->series_count(); ++i) {
            key.clear();
            page->append_key(i, key);
            list.add(key);
        }
        if (reactor.needs_yield()) co_await reactor.yield();
    }
    access_.keep_made({Made::kSeriesList, offset}, std::make_shared<const SeriesList>(list),
                      list.memory_bytes());
    co_return list;
}

io::Task<Result<std::shared_ptr<const TagPages>>> SegmentReader::read_tag_pages(
    io::Reactor& reactor, const SegmentMeasurement& measurement, const SegmentIndex& index,
    std::string tag) const {
    const RandomAccess::MadeKey key{Made::kTagPages, measurement.index.offset, hash_bytes(tag)};
    if (auto known = access_.find_made(key)) {
        auto pages = std::static_pointer_cast<const TagPages>(std::move(known));
        if (pages->tag() == tag) co_return pages;
    }
    auto pages = std::make_shared<TagPages>(tag);
    for (std::uint32_t number = 0; number < index.page_count(); ++number) {
        const auto page = co_await read_series_page(index, number);
        if (!page.ok() && !is_damage(page.error())) co_return page.error();
        // Whoever reads the page that is damaged meets it, and says so.
        if (page.ok()) {
            pages->add_page(**page);
        } else {
            pages->add_unknown_page();
        }
        if (reactor.needs_yield()) co_await reactor.yield();
    }
    access_.keep_made(key, pages, pages->memory_bytes());
    co_return std::shared_ptr<const TagPages>(std::move(pages));
}

io::Task<Result<std::shared_ptr<const SeriesDigest>>> SegmentReader::read_digest(
    io::Reactor& reactor, const SegmentMeasurement& measurement, const SegmentIndex& index) const {
    const RandomAccess::MadeKey key{Made::kSeriesDigest, measurement.index.offset};
    if (auto known = access_.find_made(key)) {
        co_return std::static_pointer_cast<const SeriesDigest>(std::move(known));
    }
    auto digest = std::make_shared<SeriesDigest>();
    for (std::uint32_t number = 0; number < index.page_count(); ++number) {
        SLUICE_CO_TRY(const auto page, co_await read_series_page(index, number));
        digest->add_page(*page);
        if (reactor.needs_yield()) co_await reactor.yield();
    }
    digest->finish();
    access_.keep_made(key, digest, digest->memory_bytes());
    co_return std::shared_ptr<const SeriesDigest>(std::move(digest));
}

io::Task<Result<void>> SegmentReader::read_block(const SegmentIndex& index, std::uint32_t block,
                                                 BlockRequest request, SegmentBlock& out) const {
    const SegmentBlockInfo info = index.block(block);
    SegmentBlockChunks chunks;
    index.read_chunks(block, chunks);
    std::vector<BlockRead> reads = reads_of(info, chunks, request);
    for (BlockRead& piece : reads) {
        SLUICE_CO_TRY(piece.bytes, co_await read(piece.range));
    }
    Result<void> decoded = decode_block(index, info, chunks, reads, request, out);
    if (!decoded.ok()) co_return placed(std::move(decoded).error(), block_place(block, info));
    co_return Result<void>();
}

std::uint64_t SegmentReader::read_block_ahead(const SegmentIndex& index, std::uint32_t block,
                                              const BlockRequest& request) const {
    SegmentBlockChunks chunks;
    index.read_chunks(block, chunks);
    std::uint64_t bytes = 0;
    for (const BlockRead& piece : reads_of(index.block(block), chunks, request)) {
        access_.read_ahead(piece.range.offset, piece.range.size);
        bytes += piece.range.size;
    }
    return bytes;
}

io::Task<Result<void>> SegmentReader::read_block_bytes(const SegmentIndex& index,
                                                       std::uint32_t block) const {
    const FileRange range = index.block(block).range;
    // Of larger ones, each request reads other parts.
    if (range.size > kWholeBlockBytesMax) co_return Result<void>();
    SLUICE_CO_TRY_VOID(co_await read(range));
    co_return Result<void>();
}

}  // namespace sluice::storage
