// The seam between Sluice and the world: every effect, and the time, passes here.
//
// UringBackend (src/io) is the kernel; SimBackend (tests/support) is a seeded simulation.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/base/metrics.h"
#include "sluice/base/result.h"
#include "sluice/io/operation.h"

namespace sluice::io {

enum class OpenMode : std::uint8_t {
    kRead,
    kReadWrite,
    kCreate,  // read and write; the file must not exist
};

struct DirectoryEntry {
    DirectoryEntry(std::string name_, bool is_directory_, bool is_file_)
        : name(std::move(name_)), is_directory(is_directory_), is_file(is_file_) {}
    std::string name;
    bool is_directory;
    // A regular file or a link to one: it can be opened and read without waiting for anybody, as a
    // FIFO or a device cannot.
    bool is_file;
};

// Counted by the backend's core, readable from any.
struct BackendMetrics {
    Counter enters;             // system calls of the ring
    Counter completions;        // CQEs
    Counter submissions;        // SQEs
    Counter overflows;          // times the kernel had to keep completions outside of the ring
    Counter buffers_exhausted;  // receives that ended for want of a buffer
    Counter accept_failures;    // EMFILE, ENFILE, ENOBUFS, ENOMEM
};

// A Backend belongs to one core; only wake_from_any_thread() may be called elsewhere.
class Backend {
public:
    Backend() = default;
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;
    virtual ~Backend() = default;

    // Starts `operation` at the next turn() at the latest.
    virtual void submit(Operation& operation) = 0;
    // Asks an operation in flight to end early. Its last completion still comes: with -ECANCELED,
    // or with the result if it was too late. File operations usually run to their end.
    virtual void cancel(Operation& operation) = 0;
    // Gives the bytes of a kReceive completion back.
    virtual void release_buffer(std::uint16_t buffer_id) = 0;

    // Hands over what was submitted, waits until something completes, a wake arrives or
    // `deadline_ns` (monotonic; 0 does not wait) has passed, and calls the completions.
    virtual void turn(std::int64_t deadline_ns) = 0;
    // Returns whether the next turn() need not wait. It is cheap and may be asked over and over.
    virtual bool has_completions() const = 0;

    virtual std::int64_t monotonic_ns() = 0;
    virtual std::int64_t wall_ns() = 0;  // since 1970-01-01 00:00:00 UTC

    // Ends the wait of another core's backend. Both are of the same kind.
    virtual void wake(Backend& other) = 0;
    virtual void wake_from_any_thread() = 0;

    // These few are synchronous: they are short, or happen at start only.
    virtual Result<std::vector<DirectoryEntry>> list_directory(const std::string& path) = 0;
    virtual Result<std::uint64_t> free_space(const std::string& path) = 0;  // bytes
    // A listening TCP socket with SO_REUSEPORT. `address` is a numeric IPv4 or IPv6 address; empty
    // means every address. Port 0 lets the kernel choose: see local_port().
    virtual Result<int> listen(const std::string& address, std::uint16_t port) = 0;
    virtual Result<std::uint16_t> local_port(int fd) = 0;
    virtual std::string peer_address(int fd) = 0;  // "127.0.0.1:4711"
    // A socket and the address for kConnect; `resolved` receives the address's bytes.
    virtual Result<int> open_socket(const std::string& address, std::uint16_t port,
                                    std::vector<std::byte>& resolved) = 0;
    // Closes at once, and may block. Only destructors after an error at the start use it;
    // everything else closes by kClose.
    virtual void close_now(int fd) = 0;

    // Returns false where time is made up, so that long turns mean nothing.
    virtual bool is_real() const { return true; }

    const BackendMetrics& metrics() const { return metrics_; }

protected:
    BackendMetrics metrics_;
};

}  // namespace sluice::io
