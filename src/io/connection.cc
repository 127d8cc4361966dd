#include "connection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "sluice/base/check.h"

namespace sluice::io {

namespace {

// Unread buffers of one connection before its stream is stopped.
constexpr std::size_t kChunksAheadMax = 16;
constexpr std::size_t kOwnBufferBytes = 16 * 1024;
// From this size on, receiving straight into place beats a copy out of the pool by more than the
// turn it takes to stop the stream.
constexpr std::size_t kDirectBytesMin = 64 * 1024;
// After a large body the next request is probably large too: its head is received by a single
// operation, so that no stream has to be stopped for its body.
constexpr unsigned kSingleReceives = 16;

bool is_transient(std::int64_t result) {
    return result == -EINTR || result == -EAGAIN;
}

}  // namespace

// Somebody is inside of receive(), send() or their like. close() waits until nobody is, because the
// connection is about to go; and two at once of one direction would mix up the stream's bytes.
class Socket::Connection::Busy {
public:
    Busy(Connection& connection, bool& flag) : connection_(connection), flag_(flag) {
        SLUICE_CHECK(!flag_);  // one receive and one send at a time
        flag_ = true;
        ++connection_.busy_count_;
    }
    ~Busy() {
        flag_ = false;
        if (--connection_.busy_count_ == 0 && !abandoning()) connection_.idle_event_.notify_all();
    }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

private:
    Connection& connection_;
    bool& flag_;
};

Socket::Connection::Connection(Reactor& reactor, int fd)
    : reactor_(reactor), fd_(fd), stream_(*this, fd), timer_(*this) {}

// Without close() this is fine only before anything was received: a stream that is armed would
// write to freed memory.
Socket::Connection::~Connection() {
    if (abandoning()) return;
    SLUICE_CHECK(busy_count_ == 0 && !stream_.in_flight);
    reactor_.timers().cancel(timer_);
    if (fd_ >= 0) reactor_.backend().close_now(fd_);
}

Error Socket::Connection::failure(const char* doing, std::int64_t result) const {
    if (shut_) return Error{ErrorKind::kCancelled, std::string(doing) + ": the connection is shut"};
    if (expired()) return Error{ErrorKind::kCancelled, std::string(doing) + ": too late"};
    Error error = os_failure(static_cast<int>(-result), doing);
    if (result == -ECANCELED) error.kind = ErrorKind::kCancelled;
    return error;
}

void Socket::Connection::give_back(const Chunk& chunk) {
    if (chunk.buffer_id != kOwnBuffer) reactor_.backend().release_buffer(chunk.buffer_id);
}

void Socket::Connection::release() {
    if (lent_.bytes.empty()) return;
    give_back(lent_);
    lent_.bytes = {};
}

// Three ways to receive, by what went before. Usually the stream: the kernel fills a buffer of the
// pool for each completion. After a large body, single receives out of the pool. With an empty pool
// once into a buffer of our own, which is made when it is first needed and kept: then a connection
// makes progress whatever the others hold.
void Socket::Connection::arm_stream() {
    SLUICE_CHECK(!stream_.in_flight);
    if (out_of_buffers_) {
        out_of_buffers_ = false;
        if (own_buffer_ == nullptr) own_buffer_ = std::make_unique<std::byte[]>(kOwnBufferBytes);
        stream_.kind = OperationKind::kReceiveInto;
        stream_.flags = 0;
        stream_.data = own_buffer_.get();
        stream_.length = kOwnBufferBytes;
    } else {
        stream_.kind = OperationKind::kReceive;
        stream_.flags = single_receives_ == 0 ? Operation::kRepeat : 0;
        if (single_receives_ > 0) --single_receives_;
    }
    reactor_.backend().submit(stream_);
}

void Socket::Connection::cancel_stream() {
    if (stream_.in_flight) reactor_.backend().cancel(stream_);
}

// Called by the backend, for each buffer and for the end. It only notes what came: whoever waits
// looks at chunks_ and stream_end_ when it runs. -ECANCELED is our own doing and no end; neither is
// an empty pool.
void Socket::Connection::on_stream(const Completion& completion) {
    if (completion.result > 0) {
        if (stream_.kind == OperationKind::kReceiveInto) {
            const auto count = static_cast<std::size_t>(completion.result);
            chunks_.push_back({{own_buffer_.get(), count}, kOwnBuffer});
        } else {
            chunks_.push_back({completion.bytes, completion.buffer_id});
        }
        if (completion.more && chunks_.size() - first_chunk_ >= kChunksAheadMax) cancel_stream();
    } else if (completion.result == -ENOBUFS) {
        out_of_buffers_ = true;
    } else if (completion.result != -ECANCELED && !is_transient(completion.result)) {
        stream_end_ = completion.result;
    }
    stream_event_.notify_all();
    if (!completion.more) idle_event_.notify_all();
}

// True: bytes; false: the peer sends no more. Bytes that have arrived are handed out even after a
// deadline, errors only when none are left.
Task<Result<bool>> Socket::Connection::wait_for_bytes() {
    for (;;) {
        if (shut_) co_return failure("receive", -ECANCELED);
        if (has_chunk()) co_return true;
        if (stream_end_ == 0) co_return false;
        if (stream_end_ < 0) co_return failure("receive", stream_end_);
        if (expired()) co_return failure("receive", -ECANCELED);
        if (!stream_.in_flight) arm_stream();
        co_await stream_event_.wait();
    }
}

// Hands out one buffer, without a copy, and keeps it as lent_ until the next call: so a caller has
// at most one buffer of the pool in its hands.
Task<Result<ByteSpan>> Socket::Connection::receive() {
    Busy busy(*this, receiving_now_);
    release();
    if (!has_chunk() || shut_) {
        SLUICE_CO_TRY(const bool bytes, co_await wait_for_bytes());
        if (!bytes) co_return ByteSpan();
    }
    lent_ = chunks_[first_chunk_++];
    const ByteSpan unread = lent_.bytes.subspan(std::exchange(lent_offset_, 0));
    if (!has_chunk()) {
        chunks_.clear();
        first_chunk_ = 0;
    }
    co_return unread;
}

// Copies what has come already. lent_offset_ remembers how far into the first unread chunk that
// went, for the next call of either kind.
std::size_t Socket::Connection::take_chunks(MutableByteSpan into) {
    std::size_t filled = 0;
    while (has_chunk() && filled < into.size()) {
        const Chunk& chunk = chunks_[first_chunk_];
        const ByteSpan unread = chunk.bytes.subspan(lent_offset_);
        const std::size_t count = std::min(unread.size(), into.size() - filled);
        std::memcpy(into.data() + filled, unread.data(), count);
        filled += count;
        lent_offset_ += count;
        if (lent_offset_ < chunk.bytes.size()) break;
        give_back(chunk);
        lent_offset_ = 0;
        ++first_chunk_;
    }
    if (!has_chunk()) {
        chunks_.clear();
        first_chunk_ = 0;
    }
    return filled;
}

Task<std::int64_t> Socket::Connection::receive_directly(MutableByteSpan into) {
    IoAwaiter receive(reactor_.backend(), OperationKind::kReceiveInto, fd_);
    receive.data = into.data();
    receive.length = into.size();
    receive.flags = Operation::kAll;
    receiving_ = &receive;
    const std::int64_t result = co_await receive;
    receiving_ = nullptr;
    co_return result;
}

Task<Result<std::size_t>> Socket::Connection::receive_into(MutableByteSpan into) {
    Busy busy(*this, receiving_now_);
    release();
    std::size_t filled = take_chunks(into);
    while (filled < into.size()) {
        const MutableByteSpan rest = into.subspan(filled);
        if (rest.size() >= kDirectBytesMin && stream_end_ > 0 && !shut_ && !expired()) {
            // Two receives in flight would share out the bytes in an order that nobody knows. So
            // the stream has to be over, not only asked to end, before one goes straight into
            // place.
            single_receives_ = kSingleReceives;
            cancel_stream();
            while (stream_.in_flight) co_await stream_event_.wait();
            // What the stream brought before it ended comes first.
            const std::size_t taken = take_chunks(rest);
            filled += taken;
            if (taken > 0 || stream_end_ <= 0 || shut_ || expired()) continue;
            const std::int64_t result = co_await receive_directly(rest);
            if (result > 0) {
                filled += static_cast<std::size_t>(result);
            } else if (result == 0) {
                stream_end_ = 0;
            } else if (result != -ECANCELED && !is_transient(result)) {
                stream_end_ = result;
            }
            continue;
        }
        SLUICE_CO_TRY(const bool bytes, co_await wait_for_bytes());
        if (!bytes) break;
        filled += take_chunks(rest);
    }
    co_return filled;
}

Task<bool> Socket::Connection::wait_for_end() {
    Busy busy(*this, receiving_now_);
    waiting_for_end_ = true;
    while (waiting_for_end_ && !shut_ && stream_end_ > 0) {
        // Nothing is received over bytes that somebody still has to read.
        const bool may_arm = !has_chunk() && !(out_of_buffers_ && !lent_.bytes.empty());
        if (may_arm && !stream_.in_flight) arm_stream();
        co_await stream_event_.wait();
    }
    waiting_for_end_ = false;
    co_return shut_ || stream_end_ <= 0;
}

void Socket::Connection::stop_waiting_for_end() {
    if (!waiting_for_end_) return;
    waiting_for_end_ = false;
    stream_event_.notify_all();
}

// Head and body go out together while there is a head, so that a small answer is one packet. The
// kernel may take a part; the rest is sent again from where it stopped.
Task<Result<void>> Socket::Connection::send(ByteSpan head, ByteSpan body) {
    Busy busy(*this, sending_now_);
    while (!head.empty() || !body.empty()) {
        if (head.empty()) std::swap(head, body);
        if (shut_ || expired()) co_return failure("send", -ECANCELED);
        IoAwaiter send(reactor_.backend(), OperationKind::kSend, fd_);
        send.data = head.data();
        send.length = head.size();
        send.data2 = body.data();
        send.length2 = body.size();
        sending_ = &send;
        const std::int64_t result = co_await send;
        sending_ = nullptr;
        if (is_transient(result)) continue;
        if (result < 0) co_return failure("send", result);
        const auto sent = static_cast<std::size_t>(result);
        SLUICE_CHECK(sent <= head.size() + body.size());
        const std::size_t of_head = std::min(sent, head.size());
        head = head.subspan(of_head);
        body = body.subspan(sent - of_head);
    }
    co_return Result<void>();
}

void Socket::Connection::set_deadline_ns(std::int64_t deadline_ns) {
    deadline_ns_ = deadline_ns;
    // A timer that is early looks at the deadline and goes on: setting a later one costs nothing.
    if (deadline_ns != 0 && (!timer_.active() || timer_.deadline_ns() > deadline_ns)) {
        reactor_.timers().start(timer_, deadline_ns);
    }
}

void Socket::Connection::on_deadline() {
    if (deadline_ns_ == 0) return;
    if (!expired()) {
        reactor_.timers().start(timer_, deadline_ns_);
        return;
    }
    if (sending_ != nullptr) reactor_.backend().cancel(*sending_);
    if (receiving_ != nullptr) reactor_.backend().cancel(*receiving_);
    stream_event_.notify_all();
}

void Socket::Connection::shutdown() {
    if (shut_) return;
    shut_ = true;
    if (sending_ != nullptr) reactor_.backend().cancel(*sending_);
    if (receiving_ != nullptr) reactor_.backend().cancel(*receiving_);
    cancel_stream();
    stream_event_.notify_all();
}

Task<Result<void>> Socket::Connection::finish_sending() {
    IoAwaiter shutdown(reactor_.backend(), OperationKind::kShutdown, fd_);
    shutdown.flags = Operation::kSendingOnly;
    bool unused = false;
    Busy busy(*this, unused);
    const std::int64_t result = co_await shutdown;
    if (result < 0) co_return failure("shut down sending", result);
    co_return Result<void>();
}

// In this order: everybody inside is told, then awaited, then the kernel's last completion of the
// stream; only now do buffers go back, because until then more may come.
Task<void> Socket::Connection::close() {
    shutdown();
    while (busy_count_ > 0 || stream_.in_flight) co_await idle_event_.wait();
    reactor_.timers().cancel(timer_);
    release();
    for (; has_chunk(); ++first_chunk_) give_back(chunks_[first_chunk_]);
    IoAwaiter close(reactor_.backend(), OperationKind::kClose, std::exchange(fd_, -1));
    co_await close;
}

}  // namespace sluice::io
