#include "tls_stream.h"

#include <algorithm>
#include <utility>

#include "sluice/base/check.h"
#include "sluice/base/units.h"

namespace sluice::io {
namespace {

// Encrypted between two sends: some 30 µs of work, and four whole records.
constexpr std::size_t kSliceBytes = 4 * tls::kRecordBytesMax;
// How long a peer that reads nothing can keep a close from its end.
constexpr std::int64_t kCloseNs = kSecondNs;
// More than that does not stay with a stream that waits for its peer.
constexpr std::size_t kSendingBytesKept = 2 * kKiB;

// The first byte of a handshake is 22; that of a request is the first letter of its method.
bool is_plain_http(ByteSpan bytes) {
    return bytes[0] >= std::byte{'A'} && bytes[0] <= std::byte{'Z'};
}

}  // namespace

class TlsStream::Busy {
public:
    explicit Busy(TlsStream& stream) : stream_(stream) { ++stream_.busy_count_; }
    ~Busy() {
        if (--stream_.busy_count_ == 0 && !abandoning()) stream_.idle_event_.notify_all();
    }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

private:
    TlsStream& stream_;
};

TlsStream::TlsStream(Socket::Connection& connection, std::shared_ptr<tls::Context> context,
                     const std::string& peer_name)
    : connection_(connection), session_(std::move(context), peer_name) {}

TlsStream::~TlsStream() {
    SLUICE_CHECK(busy_count_ == 0 || abandoning());
}

Error TlsStream::failure(const char* doing) const {
    return Error{ErrorKind::kIo, std::string(doing) + " by TLS: " + session_.failure()};
}

Task<Result<void>> TlsStream::flush() {
    while (flushing_ || session_.has_output()) {
        if (!sent_.ok()) break;
        if (flushing_) {
            co_await flushed_.wait();
            continue;
        }
        flushing_ = true;
        session_.take_output(sending_);
        sent_ = co_await connection_.send(sending_, {});
        flushing_ = false;
        flushed_.notify_all();
    }
    co_return sent_;
}

Task<Result<bool>> TlsStream::go_on_after(tls::Step step) {
    // What was read may ask for an answer, and a failure for an alert.
    if (session_.has_output()) {
        const Result<void> sent = co_await flush();
        if (!sent.ok() && step != tls::Step::kFailed) co_return sent.error();
    }
    if (step == tls::Step::kFailed) co_return failure("receive");
    if (step == tls::Step::kClosed) co_return false;
    if (!flushing_ && sending_.capacity() > kSendingBytesKept) sending_ = {};
    session_.shrink_output(kSendingBytesKept);
    SLUICE_CO_TRY(const ByteSpan bytes, co_await connection_.receive());
    if (bytes.empty()) co_return false;
    session_.set_input(bytes);
    co_return true;
}

Task<Result<Socket::Greeting>> TlsStream::handshake() {
    Busy busy(*this);
    bool first = true;
    for (;;) {
        const tls::Step step = session_.handshake();
        if (session_.has_output()) {
            // An alert says to the peer why; that it was sent does not matter any more.
            const Result<void> sent = co_await flush();
            if (!sent.ok() && step != tls::Step::kFailed) co_return sent.error();
        }
        if (step == tls::Step::kDone) break;
        if (step != tls::Step::kWantInput) co_return failure("greet");
        SLUICE_CO_TRY(const ByteSpan bytes, co_await connection_.receive());
        if (bytes.empty()) {
            co_return Error{ErrorKind::kIo, "greet by TLS: the peer left in the middle"};
        }
        if (std::exchange(first, false) && is_plain_http(bytes)) co_return Socket::Greeting::kPlain;
        session_.set_input(bytes);
    }
    established_ = true;
    co_return Socket::Greeting::kSecure;
}

// Records that came ahead stay in the buffer that they came in.
void TlsStream::release() {
    plain_.reset();
    if (!session_.has_input()) connection_.release();
}

// A peer that ends its stream without saying so inside of TLS is one that ends its stream: HTTP
// knows by itself whether something is missing.
Task<Result<ByteSpan>> TlsStream::receive() {
    Busy busy(*this);
    release();
    while (!ended_) {
        tls::Session::Read read{tls::Step::kWantInput, 0};
        if (session_.can_read()) {
            plain_ = std::make_unique_for_overwrite<std::byte[]>(tls::kRecordBytesMax);
            read = session_.read({plain_.get(), tls::kRecordBytesMax});
            if (read.step == tls::Step::kDone) co_return ByteSpan(plain_.get(), read.bytes);
            release();
        }
        Task<Result<bool>> going_on = go_on_after(read.step);
        SLUICE_CO_TRY(const bool more, co_await going_on);
        ended_ = !more;
    }
    co_return ByteSpan();
}

Task<Result<std::size_t>> TlsStream::receive_into(MutableByteSpan into) {
    Busy busy(*this);
    release();
    std::size_t filled = 0;
    while (filled < into.size() && !ended_) {
        tls::Session::Read read{tls::Step::kWantInput, 0};
        if (session_.can_read()) read = session_.read(into.subspan(filled));
        filled += read.bytes;
        if (read.step == tls::Step::kDone) continue;
        Task<Result<bool>> going_on = go_on_after(read.step);
        SLUICE_CO_TRY(const bool more, co_await going_on);
        ended_ = !more;
    }
    co_return filled;
}

Task<Result<void>> TlsStream::send(ByteSpan head, ByteSpan body) {
    Busy busy(*this);
    while (!head.empty() || !body.empty()) {
        if (head.empty()) std::swap(head, body);
        const std::size_t count = std::min(head.size(), kSliceBytes);
        const tls::Step step = session_.write(head.first(count));
        head = head.subspan(count);
        if (step == tls::Step::kFailed) co_return failure("send");
        // A short head leaves together with what follows it.
        if (head.empty() && count < kSliceBytes && !body.empty()) continue;
        SLUICE_CO_TRY_VOID(co_await flush());
        if (connection_.reactor().needs_yield()) co_await connection_.reactor().yield();
    }
    co_return Result<void>();
}

Task<Result<void>> TlsStream::finish_sending() {
    Busy busy(*this);
    session_.close();
    SLUICE_CO_TRY_VOID(co_await flush());
    co_return co_await connection_.finish_sending();
}

// A peer that still listens learns that this is the end, and no cut.
Task<void> TlsStream::close() {
    if (established_ && !flushing_) {
        session_.close();
        connection_.set_deadline_ns(connection_.reactor().monotonic_ns() + kCloseNs);
        (void)co_await flush();
    }
    connection_.shutdown();
    while (busy_count_ > 0) co_await idle_event_.wait();
    release();
}

}  // namespace sluice::io
