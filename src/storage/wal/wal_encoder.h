// The encoder turns batches into log frames: columns are copied straight from the batch into the
// aligned buffer that goes to the device.
//
// Series, memtables and columns are defined in the log before they are first used. What has been
// defined is remembered in the head's WalMarks and in the memtables; when a frame is lost, rewind()
// makes the encoder define again what that frame had defined.
#pragma once

#include <cstdint>
#include <memory>

#include "sluice/base/aligned_buffer.h"
#include "sluice/base/result.h"
#include "sluice/model/point_batch.h"
#include "storage/wal/wal_format.h"

namespace sluice::storage {

class Head;

// A frame as it fills. The header's place is left free until seal().
class WalFrame {
public:
    // Room for `payload_max` bytes.
    explicit WalFrame(std::size_t payload_max)
        : buffer_(kWalHeaderBytes + payload_max), used_(kWalHeaderBytes) {}

    std::size_t payload_max() const { return buffer_.size() - kWalHeaderBytes; }
    std::size_t room() const { return buffer_.size() - used_; }
    std::size_t payload_bytes() const { return used_ - kWalHeaderBytes; }
    bool empty() const { return used_ == kWalHeaderBytes; }
    // The place to write to, with room() bytes. What was written there is kept by commit().
    std::byte* write_place() { return buffer_.data() + used_; }
    void commit(std::byte* end) { used_ = static_cast<std::size_t>(end - buffer_.data()); }
    void clear() { used_ = kWalHeaderBytes; }

    // Completes the frame with checksums, header and zeroes up to the next 4 KiB, and returns the
    // bytes to write.
    ByteSpan seal(WalFrameHeader& header);

private:
    AlignedBuffer buffer_;
    std::size_t used_;
};

// The one from whom the encoder gets its frames.
class WalFrameSource {
public:
    virtual ~WalFrameSource() = default;
    // The frame being filled.
    virtual WalFrame& current() = 0;
    // Ends the current frame and starts one with room for `payload_min` bytes, at most
    // payload_limit().
    virtual WalFrame& next(std::size_t payload_min) = 0;
    virtual std::size_t payload_max() const = 0;
    // What next() gives to a single row that needs more: all that a log file can hold.
    virtual std::size_t payload_limit() const { return payload_max(); }
};

// What the log of a head has defined so far.
struct WalMarks {
    std::uint64_t epoch = 1;   // memtables with another epoch are not defined
    std::uint32_t series = 0;  // ids below are defined

    // Forgets what a lost frame and those behind it defined. `series_before` is the value of
    // `series` when the lost frame began. Memtables are not rewound one by one: none has the new
    // epoch, so all are defined again.
    void rewind(std::uint32_t series_before) {
        ++epoch;
        series = series_before;
    }
};

// kTooLarge: a row is larger than any frame. Nothing is written.
Result<void> check_rows_fit(const model::PointBatch& batch, std::size_t payload_limit);

// Writes what `head` has not yet told the log, then the rows of `batch`. Adds memtables and columns
// to the head, no rows. The number of bytes written. kTooLarge: one row does not fit a frame.
// kConflict: as Memtable::map_columns().
Result<std::uint64_t> encode_batch(Head& head, WalMarks& marks, const model::PointBatch& batch,
                                   std::uint64_t sequence, WalFrameSource& frames);

}  // namespace sluice::storage
