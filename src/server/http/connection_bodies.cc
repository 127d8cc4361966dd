// This part of Connection receives the body of a request, or gets rid of it.
#include <algorithm>
#include <cstring>

#include "server/http/connection.h"

namespace sluice::server {
namespace {

using http::BodyFraming;

// A body may take this long, and a second more for each 16 KiB: a modem's speed.
constexpr std::int64_t kBodyTimeoutNs = 30 * kSecondNs;
constexpr std::int64_t kBodyNsPerByte = kSecondNs / (16 * 1024);
// Unread bodies up to this size are read and forgotten so that the connection can go on (the bound
// of Go's server).
constexpr std::uint64_t kDiscardBytesMax = 256 * kKiB;
// First guess of what a chunked body needs.
constexpr std::uint64_t kPermitStep = 256 * kKiB;

}  // namespace

// The usual case of small writes: the body came in the same segment as its head. No wait, no
// deadline, and no permit beyond what admission gave for the length.
bool Connection::take_buffered_body(BodyBuffer& body, std::size_t bytes_max) {
    if (!body_unread_) return true;
    if (request().framing != BodyFraming::kLength || body_left_ > bytes_max ||
        body_left_ > input_.size()) {
        return false;
    }
    body.append(as_byte_span(input_.substr(0, body_left_)));
    input_.remove_prefix(body_left_);
    body_left_ = 0;
    body_unread_ = false;
    return true;
}

// A body with a length is received straight into its buffer: first what came together with the head
// is copied, then the kernel writes the rest into place. The deadline grows with the size.
io::Task<BodyStatus> Connection::read_body(BodyBuffer& body, std::size_t bytes_max,
                                           engine::Permit& permit) {
    const bool chunked = request().framing == BodyFraming::kChunked;
    if (!chunked && body_left_ > bytes_max) co_return BodyStatus::kTooLarge;
    // A client that sent "Expect: 100-continue" waits for this line, a second in curl's case. One
    // that has begun its body does not.
    if (continue_owed_) {
        continue_owed_ = false;
        if (input_.empty()) {
            http::append_text(output_, http::kContinue);
            const auto sent = co_await flush();
            if (!sent.ok()) co_return BodyStatus::kGone;
        }
    }
    if (chunked) {
        const BodyStatus status = co_await read_chunked(body, bytes_max, permit);
        co_return status;
    }

    // Admission has agreed to the length. The bytes are not written twice: the kernel fills the
    // rest.
    body.resize_uninitialized(body_left_);
    const std::size_t ahead = std::min<std::size_t>(input_.size(), body_left_);
    std::memcpy(body.data(), input_.data(), ahead);
    input_.remove_prefix(ahead);
    if (ahead < body.size()) {
        const MutableByteSpan rest(body.data() + ahead, body.size() - ahead);
        set_deadline_in(kBodyTimeoutNs + static_cast<std::int64_t>(rest.size()) * kBodyNsPerByte);
        const auto received = co_await socket_.receive_into(rest);
        // A client that closes its half in the middle may still wait for an answer (kCut); after an
        // error or a timeout there is nobody.
        if (!received.ok() || *received != rest.size()) {
            close_after_answer_ = true;
            co_return received.ok() ? BodyStatus::kCut : BodyStatus::kGone;
        }
    }
    body_left_ = 0;
    body_unread_ = false;
    co_return BodyStatus::kComplete;
}

// The size of a chunked body shows only as it comes, so the permit is asked to grow ahead of it. A
// body that fails in the middle closes the connection: where the next request would begin is not
// known.
io::Task<BodyStatus> Connection::read_chunked(BodyBuffer& body, std::size_t bytes_max,
                                              engine::Permit& permit) {
    using Outcome = http::ChunkedDecoder::Outcome;
    const std::int64_t began_ns = services_.reactor.monotonic_ns();
    for (;;) {
        if (!input_.empty()) {
            const auto progress = chunks_.feed(input_, body, bytes_max);
            input_.remove_prefix(progress.consumed);
            if (progress.outcome == Outcome::kDone) break;
            if (progress.outcome != Outcome::kNeedMore) {
                close_after_answer_ = true;
                co_return progress.outcome == Outcome::kTooLarge ? BodyStatus::kTooLarge
                                                                 : BodyStatus::kMalformed;
            }
            // In steps, so that a body in many small chunks asks seldom. Where there is no room,
            // what has come is let go with the request.
            if (body.size() > permit.bytes() && !permit.grow_to(body.size() + kPermitStep).ok()) {
                close_after_answer_ = true;
                co_return BodyStatus::kBusy;
            }
        }
        socket_.set_deadline_ns(began_ns + kBodyTimeoutNs +
                                static_cast<std::int64_t>(body.size()) * kBodyNsPerByte);
        const Received received = co_await receive_more();
        if (received != Received::kBytes) {
            close_after_answer_ = true;
            co_return received == Received::kEnd ? BodyStatus::kCut : BodyStatus::kGone;
        }
    }
    body_unread_ = false;
    co_return BodyStatus::kComplete;
}

// Only when `input_` is used up.
io::Task<Connection::Received> Connection::receive_more() {
    const auto received = co_await socket_.receive();
    if (!received.ok()) {
        if (received.error().kind == ErrorKind::kCancelled) {
            services_.metrics.connections_timed_out.add();
        }
        input_ = {};
        co_return Received::kNothing;
    }
    input_ = as_text(*received);
    co_return input_.empty() ? Received::kEnd : Received::kBytes;
}

void Connection::release_input() {
    if (input_.empty()) socket_.release();
}

// Decides about a body that the handler did not read. A short one is read later, and one in chunks
// as far as it is short. Otherwise the connection ends, because it is not known where the next
// request begins.
void Connection::settle_unread_body() {
    if (!body_unread_) return;
    // A client that waits for "100 Continue" sends nothing now, but might when the next head is
    // expected: then nobody could tell body from head.
    const bool is_short =
        request().framing == BodyFraming::kChunked || body_left_ <= kDiscardBytesMax;
    if (is_short && !continue_owed_ && !close_after_answer_) {
        discard_wanted_ = true;
    } else {
        close_after_answer_ = true;
    }
}

// Returns whether the next request can be found. All reads together have one deadline and one
// bound, so that a client cannot hold a core's time by a body that was refused.
io::Task<bool> Connection::discard_body() {
    discard_wanted_ = false;
    const std::int64_t deadline_ns = services_.reactor.monotonic_ns() + kBodyTimeoutNs;
    std::uint64_t seen = 0;
    for (;;) {
        const std::size_t before = input_.size();
        const bool done = body_chunked_ ? discard_chunks() : discard_length();
        if (done) break;
        seen += before - input_.size();
        // Bytes that are left are broken framing.
        if (!input_.empty() || seen > kDiscardBytesMax) co_return false;
        const auto sent = co_await flush();
        if (!sent.ok()) co_return false;
        socket_.set_deadline_ns(deadline_ns);  // flush() has set its own
        const Received received = co_await receive_more();
        if (received != Received::kBytes) co_return false;
    }
    body_unread_ = false;
    co_return true;
}

// Both take what belongs to the body off the input, and tell whether that was all of it.
bool Connection::discard_length() {
    const std::size_t ahead = std::min<std::size_t>(input_.size(), body_left_);
    input_.remove_prefix(ahead);
    body_left_ -= ahead;
    return body_left_ == 0;
}

bool Connection::discard_chunks() {
    BodyPool::Lease nobody = services_.bodies.take();
    const auto progress = chunks_.feed(input_, *nobody, kDiscardBytesMax);
    if (progress.outcome == http::ChunkedDecoder::Outcome::kNeedMore) {
        input_ = {};
        return false;
    }
    input_.remove_prefix(progress.consumed);
    return progress.outcome == http::ChunkedDecoder::Outcome::kDone;
}

}  // namespace sluice::server
