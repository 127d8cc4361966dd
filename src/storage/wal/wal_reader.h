// Follows the frames of a log file as long as they continue their head's chain.
//
// What ends a chain is normal: a log is cut wherever the last write stopped. Zeroes, bytes of an
// earlier use of the file and a frame that was cut short all end it; only the last is counted.
// Frames further on tell when what ended it was damage.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sluice/base/aligned_buffer.h"
#include "sluice/base/result.h"
#include "sluice/io/file.h"
#include "sluice/io/task.h"
#include "storage/wal/wal_format.h"

namespace sluice::storage {

// The place where a head's log continues: the frame that would follow, and the hash of the one
// before.
struct WalChain {
    std::uint64_t store_id = 0;
    std::uint64_t head_id = 0;
    std::uint64_t next_frame = 1;
    std::uint64_t previous_hash = 0;

    void advance(const WalFrameHeader& header) {
        next_frame = header.frame_number + 1;
        previous_hash = header.hash();
    }
};

enum class WalStep : std::uint8_t {
    kFrame,
    kNeedMore,     // `bytes_needed` from the start of the file
    kEnd,          // no frame of this chain follows
    kTorn,         // the next frame begins here, but not all of it arrived
    kUnsupported,  // a newer version wrote it
};

struct WalFrameView {
    WalFrameHeader header;
    ByteSpan payload;
    std::uint64_t bytes_needed = 0;
};

// Says what stands at `offset` of a file of `file_bytes`, of which `loaded` is the beginning.
WalStep examine_frame(ByteSpan loaded, std::uint64_t offset, std::uint64_t file_bytes,
                      std::uint64_t log_number, const WalChain& chain, WalFrameView& view);

// One log file, read from its start. The file outlives the reader.
class WalReader {
public:
    WalReader(io::File& file, std::uint64_t file_bytes);

    // What the file begins with; the header where that is a frame.
    io::Task<Result<WalHeaderState>> read_first(WalFrameHeader& header);
    // Where the first frame is damaged: what the others say. The newest use of the file, with the
    // lowest of its frames that are whole; nothing when it holds none. `store_id` 0: of any store.
    io::Task<Result<std::optional<WalFrameHeader>>> find_first(std::uint64_t store_id);

    // Reads the next frame of the chain, which is then advanced. The payload is valid until the
    // reader ends.
    io::Task<Result<WalStep>> next(std::uint64_t log_number, WalChain& chain, WalFrameView& view);

    // Behind the place where the chain ended, what this use of the file still holds.
    struct Behind {
        std::optional<WalFrameHeader> next;  // the first whole frame
        std::uint64_t offset = 0;            // where it is
        // The last frame that had been acknowledged, as those behind say.
        std::uint64_t acknowledged = 0;
    };
    io::Task<Result<Behind>> look_behind(std::uint64_t log_number, const WalChain& chain);
    // The chain goes on with what look_behind() found.
    void skip_to(const Behind& behind, WalChain& chain);

    // Sectors that the device does not give back; they read as zeroes.
    std::uint64_t unreadable_sectors() const { return unreadable_sectors_; }

private:
    io::Task<Result<void>> load(std::uint64_t bytes);
    io::Task<Result<void>> load_step(std::uint64_t bytes);

    io::File& file_;
    std::uint64_t file_bytes_;
    AlignedBuffer buffer_;  // the whole file, filled as far as read
    std::uint64_t loaded_ = 0;
    std::uint64_t offset_ = 0;
    std::uint64_t unreadable_sectors_ = 0;
};

}  // namespace sluice::storage
