// Log frames and their payloads. An input is read twice: as a file of frames, and as a payload
// whose checksum is right.
#include <cstddef>
#include <cstdint>

#include "sluice/storage/head.h"
#include "storage/memtable/memtable.h"
#include "storage/wal/wal_decoder.h"
#include "storage/wal/wal_reader.h"
#include "storage/wal/wal_replay.h"

using namespace sluice;
using namespace sluice::storage;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteSpan bytes(reinterpret_cast<const std::byte*>(data), size);
    Head head(1);
    WalReplay visitor(head, [](model::ShardGroupId group) { return group == 13; });
    (void)WalDecoder().decode(bytes, visitor);

    WalFrameHeader header;
    if (size < kWalHeaderBytes) return 0;
    if (decode_wal_header(bytes.data(), header) != WalHeaderState::kIntact) return 0;
    WalChain chain{header.store_id, header.head_id, header.frame_number, header.previous_hash};
    WalFrameView view;
    (void)examine_frame(bytes, 0, size, header.log_number, chain, view);
    return 0;
}
