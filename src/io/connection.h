// What a Socket owns: the descriptor, the receive stream and what is in flight.
//
// Bytes come in through a *receive stream*: an operation that the kernel completes once per buffer
// of the core's pool until it ends by itself (multishot). It is armed when somebody first waits,
// and cancelled when more than kChunksAheadMax buffers lie unread, so that one greedy peer cannot
// take the pool. Large bodies stop the stream first: only then is it certain which bytes come next.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sluice/io/event.h"
#include "sluice/io/operation.h"
#include "sluice/io/reactor.h"
#include "sluice/io/socket.h"
#include "sluice/io/task.h"
#include "sluice/io/timer.h"

namespace sluice::io {

class Socket::Connection {
public:
    Connection(Reactor& reactor, int fd);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    Reactor& reactor() { return reactor_; }
    int fd() const { return fd_; }

    Task<Result<ByteSpan>> receive();
    void release();
    Task<Result<std::size_t>> receive_into(MutableByteSpan into);
    Task<bool> wait_for_end();
    void stop_waiting_for_end();
    Task<Result<void>> send(ByteSpan head, ByteSpan body);
    void set_deadline_ns(std::int64_t deadline_ns);
    void shutdown();
    Task<Result<void>> finish_sending();
    Task<void> close();

private:
    // Instead of the number of a buffer of the pool, which is below 32768.
    static constexpr std::uint16_t kOwnBuffer = 0xFFFF;

    // Bytes that came and that nobody has read: a buffer of the pool, or own_buffer_. Each goes
    // back exactly once (give_back), by whoever takes it out of chunks_ or lent_.
    struct Chunk {
        ByteSpan bytes;
        std::uint16_t buffer_id;
    };
    // The receive stream. The kernel has its address while it is in flight, so the connection may
    // not go or move before its last completion.
    class Stream final : public Operation {
    public:
        explicit Stream(Connection& connection, int fd_)
            : Operation(OperationKind::kReceive, fd_), connection_(connection) {}
        void complete(const Completion& completion) override { connection_.on_stream(completion); }

    private:
        Connection& connection_;
    };
    // Fires at a deadline, or at one that was set before and has been moved since: then it goes on.
    class DeadlineTimer : public Timer {
    public:
        explicit DeadlineTimer(Connection& connection_)
            : Timer(&DeadlineTimer::fire), connection(connection_) {}
        Connection& connection;

    private:
        static void fire(Timer& timer) {
            static_cast<DeadlineTimer&>(timer).connection.on_deadline();
        }
    };
    // Counts the coroutines that are inside, for close().
    class Busy;

    bool has_chunk() const { return first_chunk_ < chunks_.size(); }
    void give_back(const Chunk& chunk);
    std::size_t take_chunks(MutableByteSpan into);
    void arm_stream();
    void cancel_stream();
    void on_stream(const Completion& completion);
    void on_deadline();
    bool expired() const { return deadline_ns_ != 0 && reactor_.monotonic_ns() >= deadline_ns_; }
    Error failure(const char* doing, std::int64_t result) const;
    // Waits until a chunk, the end or a reason to give up is there.
    Task<Result<bool>> wait_for_bytes();
    Task<std::int64_t> receive_directly(MutableByteSpan into);

    Reactor& reactor_;
    int fd_;
    Stream stream_;
    std::vector<Chunk> chunks_;  // [first_chunk_, size) are unread
    std::size_t first_chunk_ = 0;
    Chunk lent_{{}, 0};            // the last receive()'s
    std::size_t lent_offset_ = 0;  // of chunks_[first_chunk_]: taken by receive_into() already
    std::int64_t stream_end_ = 1;  // 0: the peer sends no more; negative: a final errno
    bool out_of_buffers_ = false;  // the pool was empty: receive into own_buffer_ once
    std::unique_ptr<std::byte[]> own_buffer_;
    // Receives left until multishot pays again; set when a large body went past the stream.
    unsigned single_receives_ = 0;
    // What is in flight beside the stream: awaiters in the frames of send() and receive_directly().
    Operation* sending_ = nullptr;
    Operation* receiving_ = nullptr;
    // Notified when bytes, the end, a deadline or a shutdown came: whoever waits looks at all.
    Event stream_event_;
    bool receiving_now_ = false;
    bool waiting_for_end_ = false;
    bool sending_now_ = false;
    // close() waits here, for the coroutines inside and for the stream's last completion.
    Event idle_event_;
    unsigned busy_count_ = 0;
    bool shut_ = false;
    std::int64_t deadline_ns_ = 0;
    DeadlineTimer timer_;
};

}  // namespace sluice::io
