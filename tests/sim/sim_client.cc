#include "sim_client.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "sluice/base/bytes.h"
#include "sluice/base/units.h"

namespace sluice::server {
namespace {

constexpr std::int64_t kPatienceNs = kMinuteNs;

// The value of a header in a head that this server has written.
std::string_view header(std::string_view head, std::string_view name) {
    const std::size_t at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string_view::npos) return {};
    const std::size_t begin = at + 2 + name.size() + 2;
    return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::size_t hexadecimal(std::string_view text) {
    std::size_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, 16);
    return value;
}

// Takes the chunks at `begin` apart. npos: the last one has not come yet; else where they end.
std::size_t read_chunks(std::string_view input, std::size_t begin, std::string& body) {
    body.clear();
    for (;;) {
        const std::size_t line_end = input.find("\r\n", begin);
        if (line_end == std::string_view::npos) return line_end;
        const std::size_t size = hexadecimal(input.substr(begin, line_end - begin));
        const std::size_t data = line_end + 2;
        if (input.size() < data + size + 2) return std::string_view::npos;
        body += input.substr(data, size);
        begin = data + size + 2;
        if (size == 0) return begin;
    }
}

}  // namespace

Error SimClient::lost(Error error) {
    timed_out_ = error.kind == ErrorKind::kCancelled;
    return error;
}

io::Task<Result<void>> SimClient::open() {
    if (socket_.is_open()) co_return Result<void>();
    input_.clear();
    Result<io::Socket> connected = co_await io::Socket::connect(reactor_, "127.0.0.1", port_);
    if (!connected.ok()) co_return std::move(connected).error();
    socket_ = std::move(*connected);
    co_return Result<void>();
}

io::Task<Result<void>> SimClient::send(std::string bytes) {
    Result<void> opened = co_await open();
    if (!opened.ok()) co_return opened;
    socket_.set_deadline_ns(reactor_.monotonic_ns() + kPatienceNs);
    Result<void> sent = co_await socket_.send(as_byte_span(std::string_view(bytes)));
    if (!sent.ok()) co_return lost(std::move(sent).error());
    co_return Result<void>();
}

io::Task<Result<void>> SimClient::receive_more() {
    Result<ByteSpan> received = co_await socket_.receive();
    if (!received.ok()) co_return lost(std::move(received).error());
    if (received->empty()) co_return Error{ErrorKind::kIo, "the server has closed"};
    input_ += as_text(*received);
    socket_.release();
    co_return Result<void>();
}

io::Task<void> SimClient::receive_some() {
    if (!socket_.is_open()) co_return;
    socket_.set_deadline_ns(reactor_.monotonic_ns() + kPatienceNs);
    (void)co_await receive_more();
    input_.clear();
}

io::Task<Result<SimAnswer>> SimClient::receive() {
    if (!socket_.is_open()) co_return Error{ErrorKind::kIo, "there is no connection"};
    socket_.set_deadline_ns(reactor_.monotonic_ns() + kPatienceNs);
    SimAnswer answer;
    for (;;) {
        const std::size_t head_end = input_.find("\r\n\r\n");
        if (head_end != std::string::npos) {
            const std::string_view head = std::string_view(input_).substr(0, head_end + 2);
            const std::size_t begin = head_end + 4;
            answer.status = std::atoi(input_.c_str() + sizeof "HTTP/1.1");
            const bool closes = header(head, "Connection") == "close";
            std::size_t end = std::string::npos;
            if (header(head, "Transfer-Encoding") == "chunked") {
                end = read_chunks(input_, begin, answer.body);
            } else {
                const std::size_t length =
                    std::strtoull(std::string(header(head, "Content-Length")).c_str(), nullptr, 10);
                if (input_.size() >= begin + length) {
                    answer.body = input_.substr(begin, length);
                    end = begin + length;
                }
            }
            if (end != std::string::npos) {
                input_.erase(0, end);
                if (closes) co_await close();
                co_return answer;
            }
        }
        Result<void> more = co_await receive_more();
        if (!more.ok()) co_return std::move(more).error();
    }
}

io::Task<Result<SimAnswer>> SimClient::ask(std::string request) {
    Result<void> sent = co_await send(std::move(request));
    // A server that refuses a body may have answered all the same.
    Result<SimAnswer> answer = co_await receive();
    if (!answer.ok()) co_await close();
    co_return answer;
}

io::Task<void> SimClient::close() {
    if (!socket_.is_open()) co_return;
    co_await socket_.close();
    socket_ = io::Socket();
    input_.clear();
}

std::string make_request(std::string_view method, std::string_view target, std::string_view body,
                         std::string_view headers) {
    std::string request;
    request.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: sluice\r\n");
    request.append(headers);
    if (method != "GET") {
        request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
    }
    return request.append("\r\n").append(body);
}

std::string make_chunked_request(std::string_view method, std::string_view target,
                                 std::string_view body, std::size_t chunk) {
    std::string request;
    request.append(method).append(" ").append(target);
    request.append(" HTTP/1.1\r\nHost: sluice\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (std::size_t at = 0; at < body.size(); at += chunk) {
        const std::string_view part = body.substr(at, chunk);
        char size[20];
        const auto end = std::to_chars(size, size + sizeof size, part.size(), 16).ptr;
        request.append(size, end).append("\r\n").append(part).append("\r\n");
    }
    return request.append("0\r\n\r\n");
}

std::string percent_encoded(std::string_view text) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
            out += c;
        } else {
            out += '%';
            out += kDigits[byte >> 4];
            out += kDigits[byte & 15];
        }
    }
    return out;
}

}  // namespace sluice::server
