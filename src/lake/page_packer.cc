#include "lake/page_packer.h"

#include <zlib.h>
#include <zstd.h>

#include "lake/compact_protocol.h"
#include "sluice/base/check.h"
#include "sluice/base/units.h"

namespace sluice::lake {
namespace {

// The numbers are those of parquet.thrift: PageType, PageHeader.
constexpr std::int32_t kDataPage = 0;
constexpr std::int32_t kDictionaryPage = 2;
constexpr int kDataHead = 5;
constexpr int kDictionaryHead = 7;

// No page of Sluice's comes near it: a dictionary has a MiB, and so has a page but for its last
// string.
constexpr std::size_t kUnpackedBytesMax = 16 * kMiB;

std::int32_t checksum_of(ByteSpan bytes) {
    const auto* const first = reinterpret_cast<const Bytef*>(bytes.data());
    return static_cast<std::int32_t>(::crc32_z(0, first, bytes.size()));
}

struct ReadHead {
    std::int64_t type = -1;
    std::int64_t packed_bytes = -1;
    std::int64_t unpacked_bytes = -1;
    std::int64_t checksum = 0;
    std::int64_t values = -1;
    std::int64_t encoding = -1;
};

ReadHead read_head(CompactReader& in) {
    ReadHead read;
    in.read_struct([&](int id, CompactType type) {
        std::int64_t* const number = id == 1   ? &read.type
                                     : id == 2 ? &read.unpacked_bytes
                                     : id == 3 ? &read.packed_bytes
                                     : id == 4 ? &read.checksum
                                               : nullptr;
        if (number != nullptr && type == CompactType::kI32) {
            *number = in.read_integer();
            return true;
        }
        if ((id != kDataHead && id != kDictionaryHead) || type != CompactType::kStruct)
            return false;
        in.read_struct([&](int inner, CompactType kind) {
            if ((inner != 1 && inner != 2) || kind != CompactType::kI32) return false;
            (inner == 1 ? read.values : read.encoding) = in.read_integer();
            return true;
        });
        return true;
    });
    return read;
}

Error damaged(const char* what) {
    return {ErrorKind::kCorrupt, std::string("a page of a Parquet file: ") + what};
}

}  // namespace

void PagePacker::Freer::operator()(ZSTD_CCtx_s* context) const {
    ZSTD_freeCCtx(context);
}

PagePacker::PagePacker(int zstd_level) : context_(ZSTD_createCCtx()), level_(zstd_level) {
    SLUICE_CHECK(context_ != nullptr);
}

PagePacker::~PagePacker() = default;

std::size_t PagePacker::append(PageHead head, ByteSpan body, ByteWriter& out) {
    SLUICE_CHECK(body.size() <= kUnpackedBytesMax);
    packed_.clear();
    const std::size_t room = ZSTD_compressBound(body.size());
    packed_.append_uninitialized(room);
    const std::size_t size =
        ZSTD_compressCCtx(context_.get(), packed_.data(), room, body.data(), body.size(), level_);
    SLUICE_CHECK(ZSTD_isError(size) == 0);
    packed_.truncate(size);
    const std::size_t begin = out.size();
    CompactWriter writer(out);
    writer.begin_struct();
    writer.write_i32(1, head.is_dictionary ? kDictionaryPage : kDataPage);
    writer.write_i32(2, static_cast<std::int32_t>(body.size()));
    writer.write_i32(3, static_cast<std::int32_t>(size));
    writer.write_i32(4, checksum_of(packed_.span()));
    writer.begin_struct(head.is_dictionary ? kDictionaryHead : kDataHead);
    writer.write_i32(1, static_cast<std::int32_t>(head.values));
    writer.write_i32(2, static_cast<std::int32_t>(head.encoding));
    if (!head.is_dictionary) {
        // Of definition levels, and of repetition levels, which flat columns do not have.
        writer.write_i32(3, static_cast<std::int32_t>(ParquetEncoding::kRuns));
        writer.write_i32(4, static_cast<std::int32_t>(ParquetEncoding::kRuns));
    }
    writer.end_struct();
    writer.end_struct();
    const std::size_t head_bytes = out.size() - begin;
    out.write_span(packed_.span());
    return head_bytes + body.size();
}

Result<PageHead> take_page(ByteSpan& bytes, ByteWriter& body) {
    CompactReader in(bytes);
    const ReadHead read = read_head(in);
    if (!in.ok()) return damaged("its head cannot be read");
    if (read.type != kDataPage && read.type != kDictionaryPage) {
        return Error{ErrorKind::kUnsupported,
                     "a Parquet file with pages that Sluice does not write"};
    }
    bytes = bytes.subspan(in.position());
    const auto size = static_cast<std::uint64_t>(read.packed_bytes);
    const auto unpacked = static_cast<std::uint64_t>(read.unpacked_bytes);
    // A value that is not null needs no byte of its own where all are equal, but a page has a
    // bound.
    if (size > bytes.size() || unpacked > kUnpackedBytesMax || read.values < 0 ||
        read.values > static_cast<std::int64_t>(kMiB)) {
        return damaged("its head contradicts the file");
    }
    const ByteSpan packed = bytes.first(size);
    bytes = bytes.subspan(size);
    if (checksum_of(packed) != read.checksum) return damaged("its checksum does not match");
    body.clear();
    body.append_uninitialized(unpacked);
    const std::size_t got = ZSTD_decompress(body.data(), unpacked, packed.data(), packed.size());
    if (ZSTD_isError(got) != 0 || got != unpacked) return damaged("it cannot be unpacked");
    return PageHead{read.type == kDictionaryPage, static_cast<std::uint32_t>(read.values),
                    static_cast<ParquetEncoding>(read.encoding),
                    static_cast<std::uint32_t>(unpacked)};
}

}  // namespace sluice::lake
