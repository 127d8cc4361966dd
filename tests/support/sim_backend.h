// io::Backend on a simulated machine: one core of a SimWorld (whose header lists the faults).
//
//     SimBackend backend(seed);
//     Reactor reactor(backend);
//     reactor.run_until_done(engine_main(reactor));     // or SimCores for several cores
//     SimDisk disk = backend.crash();                   // at any instant
//     { Abandon abandon; ... destroy everything ... }
//     SimBackend again(seed + 1, {}, std::move(disk));
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim_world.h"
#include "sluice/io/backend.h"

namespace sluice::io {

class SimBackend final : public Backend {
public:
    // A machine of one core, which this backend owns.
    explicit SimBackend(std::uint64_t seed, SimOptions options = {}, SimDisk disk = SimDisk());
    // One core of `world`, which outlives it.
    explicit SimBackend(SimWorld& world);
    ~SimBackend() override;

    SimWorld& world() { return world_; }
    SimDisk crash() { return world_.crash(); }
    // When something will happen by itself; kNoDeadline: nothing is in flight.
    std::int64_t next_event_ns() const;
    std::size_t in_flight() const { return in_flight_; }

    void submit(Operation& operation) override;
    void cancel(Operation& operation) override;
    void release_buffer(std::uint16_t buffer_id) override;
    void turn(std::int64_t deadline_ns) override;
    bool has_completions() const override;
    std::int64_t monotonic_ns() override;
    std::int64_t wall_ns() override;
    void wake(Backend& other) override;
    void wake_from_any_thread() override { woken_ = true; }
    Result<std::vector<DirectoryEntry>> list_directory(const std::string& path) override;
    Result<std::uint64_t> free_space(const std::string& path) override;
    Result<int> listen(const std::string& address, std::uint16_t port) override;
    Result<std::uint16_t> local_port(int fd) override;
    std::string peer_address(int fd) override;
    Result<int> open_socket(const std::string& address, std::uint16_t port,
                            std::vector<std::byte>& resolved) override;
    void close_now(int fd) override;
    bool is_real() const override { return false; }

private:
    friend class SimWorld;

    struct Event {
        std::int64_t at_ns;
        std::uint64_t sequence;
        Operation* operation;
        bool cancelled;
        // Later events are "greater": the heap's top is the next one.
        bool operator<(const Event& other) const {
            return at_ns != other.at_ns ? at_ns > other.at_ns : sequence > other.sequence;
        }
    };

    void schedule(Operation& operation, std::int64_t latency_ns, bool cancelled = false);
    void finish(Operation& operation, const Completion& completion);
    void finish(Operation& operation, std::int64_t result) {
        finish(operation, Completion{result, {}, 0, false});
    }
    void perform(const Event& event);

    // sim_files.cc: what an operation on files does when it completes.
    std::int64_t perform_file(Operation& operation);
    std::int64_t perform_open(Operation& operation);
    std::int64_t perform_read(Operation& operation);
    std::int64_t perform_write(Operation& operation);
    std::int64_t perform_stat(Operation& operation);
    std::int64_t perform_resize(Operation& operation);
    std::int64_t finish_sync(Operation& operation);
    void begin_sync(Operation& operation);
    // The operation was in flight when the power failed.
    void tear(Operation& operation);

    // sim_sockets.cc
    void submit_socket(Operation& operation);
    void perform_socket(const Event& event);
    void perform_accept(Operation& operation, SimSocket& socket);
    void perform_connect(Operation& operation);
    void perform_receive(Operation& operation, SimSocket& socket);
    void perform_receive_into(Operation& operation, SimSocket& socket);
    void perform_send(Operation& operation, SimSocket& socket);
    std::size_t split(std::size_t available, std::size_t wanted);
    static SimSocket::Waiting& waiting_place(Operation& operation, SimSocket& socket);
    void close_socket(const SimSocketRef& socket);
    void reset_connection(SimSocket& socket);
    static void wake_waiting(SimSocket::Waiting& waiting);
    void after_consuming(SimSocket& socket);

    std::unique_ptr<SimWorld> own_world_;
    SimWorld& world_;
    std::vector<Event> events_;  // heap
    std::uint64_t next_sequence_ = 0;
    std::size_t in_flight_ = 0;
    bool woken_ = false;
    std::vector<std::unique_ptr<std::byte[]>> buffers_;
    std::vector<std::uint16_t> free_buffers_;
};

}  // namespace sluice::io
