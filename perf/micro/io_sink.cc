// The cheapest server there can be on sluice::io: reads requests with a Content-Length, answers
// 204. What it costs is the floor of what Sluice can cost.
//
//     io_sink PORT [CORES]      then, from elsewhere, wrk; Ctrl-C prints CPU time per request
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "sluice/base/aligned_buffer.h"
#include "sluice/io/cores.h"
#include "sluice/io/gate.h"
#include "sluice/io/socket.h"

namespace {

using namespace sluice;

constexpr std::string_view kAnswer = "HTTP/1.1 204 No Content\r\n\r\n";

struct Totals {
    std::uint64_t requests = 0;
    std::uint64_t body_bytes = 0;
};
Totals totals[64];

std::size_t content_length(std::string_view head) {
    const std::size_t at = head.find("Content-Length: ");
    if (at == std::string_view::npos) return 0;
    std::size_t length = 0;
    std::from_chars(head.data() + at + 16, head.data() + head.size(), length);
    return length;
}

// Good enough for wrk: a head arrives in one piece, and a request waits for its answer.
io::Task<void> serve(io::Socket socket, Totals& total) {
    AlignedBuffer body;
    for (;;) {
        auto bytes = co_await socket.receive();
        if (!bytes.ok() || bytes->empty()) break;
        const std::string_view text = as_text(*bytes);
        const std::size_t head_end = text.find("\r\n\r\n");
        if (head_end == std::string_view::npos) break;
        const std::size_t length = content_length(text.substr(0, head_end));
        const std::size_t have = std::min(length, text.size() - head_end - 4);
        if (have < length) {
            if (body.size() < length) body = AlignedBuffer(length);
            std::memcpy(body.data(), text.data() + head_end + 4, have);
            auto got = co_await socket.receive_into(body.span().subspan(have, length - have));
            if (!got.ok() || *got < length - have) break;
        }
        ++total.requests;
        total.body_bytes += length;
        auto sent = co_await socket.send(as_byte_span(kAnswer));
        if (!sent.ok()) break;
    }
    co_await socket.close();
}

io::Task<void> accept_all(io::Listener& listener, io::Gate& gate, Totals& total) {
    for (;;) {
        auto socket = co_await listener.accept();
        if (!socket.ok()) break;
        gate.spawn(serve(std::move(*socket), total));
    }
}

io::Task<void> core_main(io::Reactor& reactor, std::uint16_t port) {
    auto listener = io::Listener::listen(reactor, "127.0.0.1", port);
    if (!listener.ok()) {
        std::fprintf(stderr, "%s\n", listener.error().message.c_str());
        std::_Exit(1);
    }
    io::Gate gate;
    io::Task<void> acceptor = accept_all(*listener, gate, totals[reactor.core()]);
    co_await reactor.stop_requested();
    std::printf("core %u: turns %lu, enters %lu, completions %lu, submissions %lu\n",
                reactor.core(), reactor.metrics().turns.value(),
                reactor.backend().metrics().enters.value(),
                reactor.backend().metrics().completions.value(),
                reactor.backend().metrics().submissions.value());
    std::fflush(stdout);
    // The load is over: clients that are still there are cut off.
    std::_Exit(0);
}

double cpu_ms() {
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    const auto ms = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
    };
    return ms(usage.ru_utime) + ms(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 1;
    const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
    io::CoreOptions options;
    options.count = argc > 2 ? static_cast<std::uint32_t>(std::atoi(argv[2])) : 1;
    options.pin = options.count > 1;
    auto cores = io::Cores::start(
        options, [port](io::Reactor& reactor) { return core_main(reactor, port); });
    if (!cores.ok()) {
        std::fprintf(stderr, "%s\n", cores.error().message.c_str());
        return 1;
    }
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    int which = 0;
    sigwait(&signals, &which);
    Totals sum;
    for (const Totals& total : totals) {
        sum.requests += total.requests;
        sum.body_bytes += total.body_bytes;
    }
    const double cpu = cpu_ms();
    std::printf("%lu requests, %.1f MB, %.0f ms CPU: %.2f us per request, %.2f ms per 36.7 MB\n",
                sum.requests, static_cast<double>(sum.body_bytes) / 1e6, cpu,
                cpu * 1e3 / static_cast<double>(sum.requests),
                cpu / (static_cast<double>(sum.body_bytes) / 36.7e6));
    std::fflush(stdout);
    (*cores)->request_stop();
    (*cores)->wait();
    return 0;
}
