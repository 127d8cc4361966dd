#include "load_runner.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "response_scanner.h"

namespace sluice::perf {
namespace {

std::int64_t now_ns() {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

[[noreturn]] void die(const char* what) {
    std::perror(what);
    std::exit(1);
}

// The order in which all threads take requests, and when each is due.
class Schedule {
public:
    Schedule(std::size_t request_count, const LoadOptions& options)
        : request_count_(request_count),
          repeat_(options.repeat),
          start_ns_(now_ns()),
          end_ns_(options.seconds > 0 ? start_ns_ + static_cast<std::int64_t>(options.seconds * 1e9)
                                      : INT64_MAX),
          interval_ns_(options.rate > 0 ? 1e9 / options.rate : 0) {}

    struct Turn {
        std::size_t request;
        std::int64_t due_ns;  // 0 without a rate: now
    };
    // False when nothing is left to do.
    bool take(Turn& turn) {
        if (now_ns() >= end_ns_) return false;
        const std::size_t number = next_.fetch_add(1, std::memory_order_relaxed);
        if (number >= request_count_ && !repeat_) return false;
        turn.request = number % request_count_;
        turn.due_ns =
            interval_ns_ > 0
                ? start_ns_ + static_cast<std::int64_t>(static_cast<double>(number) * interval_ns_)
                : 0;
        return turn.due_ns < end_ns_;
    }

private:
    std::size_t request_count_;
    bool repeat_;
    std::int64_t start_ns_;
    std::int64_t end_ns_;
    double interval_ns_;
    std::atomic<std::size_t> next_{0};
};

struct Connection {
    int fd = -1;
    bool has_turn = false;
    bool is_sending = false;
    Schedule::Turn turn;
    std::string_view unsent;
    std::int64_t began_ns = 0;
    ResponseScanner response;
};

// One thread: an epoll loop over its share of the connections.
class Worker {
public:
    Worker(const RequestSet& requests, const LoadOptions& options, Schedule& schedule,
           unsigned connection_count)
        : requests_(requests), options_(options), schedule_(schedule) {
        epoll_ = epoll_create1(EPOLL_CLOEXEC);
        if (epoll_ < 0) die("epoll_create1");
        connections_.resize(connection_count);
        for (Connection& connection : connections_) open(connection);
    }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker() {
        for (const Connection& connection : connections_) {
            if (connection.fd >= 0) ::close(connection.fd);
        }
        ::close(epoll_);
    }

    void run() {
        active_ = connections_.size();
        for (Connection& connection : connections_) begin_next(connection);
        epoll_event events[256];
        while (active_ > 0) {
            const int count = wait(events, 256);
            for (int i = 0; i < count; ++i) {
                Connection& connection = *static_cast<Connection*>(events[i].data.ptr);
                if (connection.is_sending) {
                    send_rest(connection);
                } else {
                    receive(connection);
                }
            }
            start_due();
        }
    }

    LoadResult& result() { return result_; }

private:
    void open(Connection& connection) {
        connection.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (connection.fd < 0) die("socket");
        const int on = 1;
        setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(options_.port);
        if (inet_pton(AF_INET, options_.address.c_str(), &address.sin_addr) != 1) die("address");
        if (connect(connection.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 &&
            errno != EINPROGRESS) {
            die("connect");
        }
        watch(connection, EPOLL_CTL_ADD, EPOLLIN);
        connection.is_sending = false;
    }

    void watch(Connection& connection, int operation, std::uint32_t events) const {
        epoll_event event{};
        event.events = events;
        event.data.ptr = &connection;
        if (epoll_ctl(epoll_, operation, connection.fd, &event) != 0) die("epoll_ctl");
    }

    int wait(epoll_event* events, int capacity) const {
        timespec timeout{};
        if (!waiting_.empty()) {
            std::int64_t due = INT64_MAX;
            for (const Connection* connection : waiting_) {
                due = std::min(due, connection->turn.due_ns);
            }
            const std::int64_t left = std::max<std::int64_t>(due - now_ns(), 0);
            timeout = {left / 1'000'000'000, left % 1'000'000'000};
        }
        const int count =
            epoll_pwait2(epoll_, events, capacity, waiting_.empty() ? nullptr : &timeout, nullptr);
        if (count < 0 && errno != EINTR) die("epoll_pwait2");
        return count;
    }

    void begin_next(Connection& connection) {
        connection.has_turn = schedule_.take(connection.turn);
        if (!connection.has_turn) {
            --active_;
            return;
        }
        if (connection.turn.due_ns > now_ns()) {
            waiting_.push_back(&connection);
        } else {
            begin(connection);
        }
    }

    void start_due() {
        if (waiting_.empty()) return;
        const std::int64_t now = now_ns();
        std::vector<Connection*> due;
        std::erase_if(waiting_, [&](Connection* connection) {
            if (connection->turn.due_ns > now) return false;
            due.push_back(connection);
            return true;
        });
        for (Connection* connection : due) begin(*connection);
    }

    void begin(Connection& connection) {
        connection.began_ns = connection.turn.due_ns != 0 ? connection.turn.due_ns : now_ns();
        connection.unsent = requests_.request(connection.turn.request);
        connection.response.reset();
        send_rest(connection);
    }

    void send_rest(Connection& connection) {
        while (!connection.unsent.empty()) {
            const ssize_t sent = ::send(connection.fd, connection.unsent.data(),
                                        connection.unsent.size(), MSG_NOSIGNAL);
            if (sent < 0) {
                if (errno == EINTR) continue;
                if (errno != EAGAIN && errno != ENOTCONN) {
                    // An answer may have come before the connection broke (413, 503): read it.
                    connection.unsent = {};
                    break;
                }
                if (!connection.is_sending) watch(connection, EPOLL_CTL_MOD, EPOLLOUT);
                connection.is_sending = true;
                return;
            }
            connection.unsent.remove_prefix(static_cast<std::size_t>(sent));
        }
        if (connection.is_sending) watch(connection, EPOLL_CTL_MOD, EPOLLIN);
        connection.is_sending = false;
    }

    void receive(Connection& connection) {
        char buffer[16384];
        const ssize_t size = recv(connection.fd, buffer, sizeof buffer, 0);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (size > 0) {
            connection.response.feed({buffer, static_cast<std::size_t>(size)});
            if (connection.response.is_complete()) finish(connection);
            return;
        }
        ++result_.broken_connections;
        if (result_.broken_connections > 1000) {
            std::fprintf(stderr, "load: the server keeps closing connections\n");
            std::exit(1);
        }
        reopen(connection);
        begin_next(connection);
    }

    void finish(Connection& connection) {
        const ResponseScanner& response = connection.response;
        ++result_.requests;
        ++result_.statuses[response.status()];
        const std::int64_t elapsed_us = (now_ns() - connection.began_ns) / 1000;
        result_.latencies_us.push_back(static_cast<std::uint32_t>(elapsed_us));
        if (response.status() / 100 == 2) {
            result_.lines += requests_.lines(connection.turn.request);
        } else if (result_.first_error.empty()) {
            result_.first_error = response.text();
        }
        if (response.closes_connection() || !connection.unsent.empty()) reopen(connection);
        begin_next(connection);
    }

    void reopen(Connection& connection) {
        ::close(connection.fd);
        open(connection);
    }

    const RequestSet& requests_;
    const LoadOptions& options_;
    Schedule& schedule_;
    int epoll_ = -1;
    std::vector<Connection> connections_;
    std::vector<Connection*> waiting_;
    std::size_t active_ = 0;
    LoadResult result_;
};

}  // namespace

LoadResult run_load(const RequestSet& requests, const LoadOptions& options) {
    Schedule schedule(requests.size(), options);
    std::vector<std::unique_ptr<Worker>> workers;
    for (unsigned i = 0; i < options.threads; ++i) {
        const unsigned share = options.connections / options.threads +
                               (i < options.connections % options.threads ? 1 : 0);
        workers.push_back(std::make_unique<Worker>(requests, options, schedule, share));
    }
    const std::int64_t began_ns = now_ns();
    std::vector<std::thread> threads;
    for (auto& worker : workers) threads.emplace_back([&worker] { worker->run(); });
    for (std::thread& thread : threads) thread.join();

    LoadResult total;
    total.seconds = static_cast<double>(now_ns() - began_ns) / 1e9;
    for (auto& worker : workers) {
        const LoadResult& part = worker->result();
        total.requests += part.requests;
        total.lines += part.lines;
        total.broken_connections += part.broken_connections;
        for (const auto& [status, count] : part.statuses) total.statuses[status] += count;
        if (total.first_error.empty()) total.first_error = part.first_error;
        total.latencies_us.insert(total.latencies_us.end(), part.latencies_us.begin(),
                                  part.latencies_us.end());
    }
    std::sort(total.latencies_us.begin(), total.latencies_us.end());
    return total;
}

}  // namespace sluice::perf
