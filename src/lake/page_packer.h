// Pages: what a chunk consists of, each packed by itself behind a head.
#pragma once

#include <cstdint>
#include <memory>

#include "sluice/base/byte_writer.h"
#include "sluice/base/bytes.h"
#include "sluice/base/result.h"
#include "sluice/lake/parquet_metadata.h"

struct ZSTD_CCtx_s;

namespace sluice::lake {

struct PageHead {
    bool is_dictionary = false;
    std::uint32_t values = 0;  // nulls included
    ParquetEncoding encoding = ParquetEncoding::kPlain;
    std::uint32_t unpacked_bytes = 0;
};

// Its memory for packing is used again from page to page. One serves all columns of a file.
class PagePacker {
public:
    explicit PagePacker(int zstd_level);
    ~PagePacker();

    // Appends a page of `body`; unpacked_bytes of the head is filled in. The bytes depend on
    // nothing but the arguments and the level. The result is the size of head and body, not packed.
    std::size_t append(PageHead head, ByteSpan body, ByteWriter& out);

private:
    struct Freer {
        void operator()(ZSTD_CCtx_s* context) const;
    };
    std::unique_ptr<ZSTD_CCtx_s, Freer> context_;
    const int level_;
    ByteWriter packed_;
};

// Takes the page at the front of `bytes` and checks and unpacks it. kCorrupt: it is damaged.
Result<PageHead> take_page(ByteSpan& bytes, ByteWriter& body);

}  // namespace sluice::lake
