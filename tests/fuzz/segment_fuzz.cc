// The structures of a segment, forged with right checksums, and whole files.
//
// Input: one byte that chooses the structure, then its bytes without the checksum (a whole file:
// with all of them).
#include <cstdint>
#include <string>
#include <vector>

#include "sluice/io/reactor.h"
#include "storage/segment/segment_reader.h"

namespace {

using namespace sluice;
using storage::SegmentMeasurement;

class MemoryAccess final : public storage::RandomAccess {
public:
    explicit MemoryAccess(ByteSpan bytes) : bytes_(bytes) {}
    std::uint64_t size() const override { return bytes_.size(); }
    io::Task<Result<storage::FileBytes>> read(std::uint64_t offset, std::size_t size) override {
        storage::FileBytes result;
        result.bytes = bytes_.subspan(offset, size);
        co_return result;
    }

private:
    ByteSpan bytes_;
};

void read_page(ByteSpan bytes, std::uint32_t series) {
    const Result<storage::SeriesPage> page = storage::SeriesPage::parse(bytes, 0, series);
    if (!page.ok()) return;
    std::vector<std::string> keys;
    page->append_keys(keys);
    (void)page->find(keys[0]);
}

// The first bytes say how large the measurement is that the index belongs to.
void read_index(ByteSpan bytes, std::uint8_t shape) {
    SegmentMeasurement measurement;
    measurement.columns = {{"f", model::FieldType::kFloat}, {"s", model::FieldType::kString}};
    measurement.series_count = shape & 7;
    measurement.block_count = (shape >> 3) & 3;
    measurement.rows = measurement.block_count * 10;
    measurement.index = {100'000, bytes.size()};
    const Result<storage::SegmentIndex> index =
        storage::SegmentIndex::parse(bytes, measurement, (shape & 0x80) != 0);
    if (!index.ok()) return;
    storage::SegmentBlockChunks chunks;
    for (std::uint32_t i = 0; i < index->block_count(); ++i) index->read_chunks(i, chunks);
    (void)index->blocks_of_series(0);
    if (index->page_count() != 0) (void)index->page_of_key("m,a=1");
}

void read_file(ByteSpan bytes) {
    MemoryAccess access(bytes);
    auto reader = storage::SegmentReader::open(access, "fuzz").take();
    if (reader.ok()) (void)(*reader)->verify().take().ok();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::uint8_t structure = data[0] % 4;
    const std::uint8_t shape = data[1];
    const ByteSpan body(reinterpret_cast<const std::byte*>(data) + 2, size - 2);
    if (structure == 0) {
        read_file(body);
        return 0;
    }
    ByteWriter sealed;
    sealed.write_span(body);
    storage::seal(sealed, 0);
    if (structure == 1) read_page(sealed.span(), shape % 64 + 1u);
    if (structure == 2) read_index(sealed.span(), shape);
    if (structure == 3) (void)storage::parse_segment_footer(sealed.span(), 1 << 20).ok();
    return 0;
}
