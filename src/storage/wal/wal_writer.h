// A WalWriter is the write-ahead log of one head: group commit into files that were written ahead
// of need.
//
// Batches are encoded into the frame that is forming. While a write is in flight the next frame
// gathers; when it completes, the next goes out. A batch whose frames are durable is handed to
// `on_durable` in the order of the calls, then its append() completes.
//
// A write that fails takes the batches of its frame with it. The file is sealed at its last good
// frame and never written again; batches still gathering are encoded anew and go to another file,
// whose first frame continues the chain where the sealed file is cut.
//
// Who lives how long. A Waiter lies in the frame of its append() or probe(), which waits until the
// waiter is done, so the lists of waiters may point to it. The batch and the request body it refers
// to are the caller's and stay until append() completes, because a failure may encode the batch
// again. A frame belongs to exactly one Pending, which moves from forming_ to full_ (when the frame
// is full) or straight to in_flight_, and is freed or used again when it is durable or lost; the
// kernel reads its buffer while it is in flight. Files belong to this log from the moment they are
// taken from the pool until take_files() or close(). Every task that is started here is held by the
// store's gate.
//
// The marks say what the log has defined so far. They run ahead of the device: a frame that is
// forming counts already. So when a frame is lost, they are rewound to where it began, and
// everything behind it is encoded anew, as it may refer to definitions that are gone.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/io/event.h"
#include "sluice/io/gate.h"
#include "sluice/io/task.h"
#include "sluice/model/point_batch.h"
#include "sluice/storage/head.h"
#include "sluice/storage/store_metrics.h"
#include "storage/wal/wal_encoder.h"
#include "storage/wal/wal_file_pool.h"
#include "storage/wal/wal_format.h"

namespace sluice::storage {

// The things that all logs of a store share. It outlives them.
struct WalContext {
    WalContext(io::Reactor& reactor_, WalFilePool& files_, StoreMetrics& metrics_, io::Gate& gate_)
        : reactor(reactor_), files(files_), metrics(metrics_), gate(gate_) {}

    io::Reactor& reactor;
    WalFilePool& files;
    StoreMetrics& metrics;
    io::Gate& gate;
    std::uint64_t store_id = 0;
    std::uint64_t next_log_number = 1;
    std::uint64_t file_bytes = 0;
    std::uint64_t frame_bytes = 0;
    std::uint32_t writes_in_flight = 1;
    // A file's first frame is durable: what must exist from now on.
    std::function<void(std::uint64_t log_number, std::uint64_t head_id)> on_log_begun;
    std::uint32_t failures_in_a_row = 0;
    std::optional<Error> last_failure;
    // Frames to be used again, so that a commit needs no new memory.
    std::vector<std::unique_ptr<WalFrame>> free_frames;
};

class WalWriter : private WalFrameSource {
public:
    // Puts the rows of a durable batch where scans see them. It is called in the order of append(),
    // before that append() completes.
    using OnDurable = std::function<Result<void>(const model::PointBatch&, std::uint64_t sequence)>;

    WalWriter(WalContext& context, Head& head, OnDurable on_durable);
    ~WalWriter() override;

    // Completes when `batch` is durable and on_durable has been called, with the number of bytes
    // logged. The batch is encoded before append() returns its task, so the order of the calls is
    // the order in the log; the batch stays until completion.
    io::Task<Result<std::uint64_t>> append(const model::PointBatch& batch, std::uint64_t sequence);

    // Writes a frame without rows, which shows whether the log can be written at all.
    io::Task<Result<void>> probe();

    // The bytes written to files, padding included.
    std::uint64_t bytes_written() const { return bytes_written_; }
    std::size_t file_count() const { return files_.size(); }
    // The number of the last frame, while nothing is in flight: all up to it are durable.
    std::uint64_t last_frame() const { return next_frame_ - 1; }

    // Hands out the files, when nothing is in flight or waiting and nothing more will come.
    std::vector<std::unique_ptr<WalFile>> take_files();
    // Closes the files; they stay on disk for the next start.
    io::Task<void> close();

private:
    // An append() or probe() that has not completed. `bytes` counts the logged bytes of its batch.
    struct Waiter {
        const model::PointBatch* batch = nullptr;  // nullptr: a probe
        std::uint64_t sequence = 0;
        std::uint64_t bytes = 0;
        bool done = false;
        std::optional<Error> error;
        io::Event completed;
    };
    // A frame with those who wait for it. A batch that fills several frames waits for the last one.
    struct Pending {
        std::unique_ptr<WalFrame> frame;
        std::vector<Waiter*> waiters;     // those whose last bytes are in this frame
        std::uint32_t series_before = 0;  // WalMarks::series when the frame began
        WalFrameHeader header;
        ByteSpan bytes;
        bool finished = false;
        std::optional<Error> error;
    };

    // WalFrameSource: the encoder asks for the frame that is forming, and for the next one when it
    // is full.
    WalFrame& current() override;
    WalFrame& next(std::size_t payload_min) override;
    std::size_t payload_max() const override;
    std::size_t payload_limit() const override;

    std::unique_ptr<Pending> start_frame(std::size_t payload_min);
    Result<void> encode(Waiter& waiter);
    void launch_soon();
    io::Task<void> launch_after_others();
    void launch();
    bool has_frame_to_write() const;
    bool write_failed() const;
    // Returns whether file_ has room for a frame. If it has not, the next file is on its way, and
    // launch() is called when it has come.
    bool prepare_file(std::uint64_t frame_bytes);
    io::Task<void> obtain_file();
    io::Task<void> write(Pending& pending, WalFile& file, std::uint64_t offset);
    void on_written();
    void handle_failure();
    void encode_again(std::vector<Waiter*> waiters);
    void complete(Pending& pending);
    void fail_all(const Error& error);
    void finish(Waiter& waiter);
    void release_frame(std::unique_ptr<WalFrame> frame);

    WalContext& context_;
    Head& head_;
    OnDurable on_durable_;
    WalMarks marks_;

    std::unique_ptr<Pending> forming_;
    std::deque<std::unique_ptr<Pending>> full_;       // closed, not yet written
    std::deque<std::unique_ptr<Pending>> in_flight_;  // in the order of their numbers

    // The end of the chain, as of the last frame that was launched.
    std::uint64_t next_frame_ = 1;
    std::uint64_t previous_hash_ = 0;
    // All files of this log, oldest first. file_ is the last one while it is written to, or nullptr
    // when another has to be taken: at the beginning and after a failure.
    std::vector<std::unique_ptr<WalFile>> files_;
    WalFile* file_ = nullptr;
    std::uint64_t file_offset_ = 0;
    std::uint64_t log_number_ = 0;
    std::uint64_t log_begun_ = 0;  // the last one that on_log_begun was called for
    std::uint64_t bytes_written_ = 0;
    bool obtaining_file_ = false;
    bool launching_ = false;  // launch_after_others() is queued
};

}  // namespace sluice::storage
