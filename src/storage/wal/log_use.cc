#include "sluice/storage/log_use.h"

#include "storage/wal/wal_format.h"

namespace sluice::storage {

LogUse log_use(ByteSpan first_sector) {
    WalFrameHeader header;
    const bool is_known = first_sector.size() >= kWalHeaderBytes &&
                          decode_wal_header(first_sector.data(), header) == WalHeaderState::kIntact;
    return is_known ? LogUse{header.head_id, header.log_number} : LogUse();
}

}  // namespace sluice::storage
