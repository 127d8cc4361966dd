// Admission decides before a body is read whether there is room for it: it bounds the bytes of
// bodies in flight on a core, and refuses all while the disk is nearly full.
//
// One core; a Permit is released on the core that gave it and does not outlive its Admission.
#pragma once

#include <cstdint>
#include <utility>

#include "sluice/base/metrics.h"
#include "sluice/base/result.h"

namespace sluice::engine {

class Admission;

// What one client has in flight on a core, and how much that may be. It outlives its permits.
struct ClientBodies {
    static constexpr std::uint64_t kNoBound = ~std::uint64_t{0};
    std::uint64_t bytes = 0;
    std::uint64_t bytes_max = kNoBound;
};

// A permit stands for the bytes of one request's body, which count against the bound until it is
// destroyed.
class Permit {
public:
    Permit() = default;
    Permit(Permit&& other) noexcept
        : admission_(std::exchange(other.admission_, nullptr)),
          client_(std::exchange(other.client_, nullptr)),
          bytes_(std::exchange(other.bytes_, 0)) {}
    Permit& operator=(Permit&& other) noexcept {
        if (this != &other) {
            release();
            admission_ = std::exchange(other.admission_, nullptr);
            client_ = std::exchange(other.client_, nullptr);
            bytes_ = std::exchange(other.bytes_, 0);
        }
        return *this;
    }
    ~Permit() { release(); }

    std::uint64_t bytes() const { return bytes_; }
    // Makes the permit cover `bytes` in all, for bodies whose length shows only as they come
    // (chunked, gzip). After kBusy the permit is as it was.
    Result<void> grow_to(std::uint64_t bytes);
    void release();

private:
    friend class Admission;
    Permit(Admission* admission, ClientBodies* client, std::uint64_t bytes)
        : admission_(admission), client_(client), bytes_(bytes) {}

    Admission* admission_ = nullptr;
    ClientBodies* client_ = nullptr;  // null: nobody's
    std::uint64_t bytes_ = 0;
};

class Admission {
public:
    explicit Admission(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;

    // Fails with kBusy when the bound is reached and with kNoSpace while the disk is nearly full.
    // Both are answered 503 with Retry-After: retry_after_s(). A body larger than the whole bound
    // is let in when it is alone, so the server's own limit on one body decides.
    //
    // A `client` that has bodies in flight gets no more than its own bound; its only one is always
    // within that.
    Result<Permit> try_admit(std::uint64_t bytes, ClientBodies* client = nullptr);
    // For bodies that nothing is written of, such as the forms of queries: only the bound counts,
    // so that a full disk can still be looked at and cleaned.
    Result<Permit> try_admit_read(std::uint64_t bytes, ClientBodies* client = nullptr);

    // The time after which a client should try again: whole seconds, at least 1.
    unsigned retry_after_s() const;

    // Is called by the watcher of the disk. Existing permits stay.
    void set_low_space(bool low) { low_space_ = low; }
    bool low_space() const { return low_space_; }

    std::uint64_t bytes_in_flight() const { return in_flight_.value(); }
    std::uint64_t bytes_max() const { return bytes_max_; }
    std::uint64_t refused() const { return refused_.value(); }
    // Of these, because of the bound of a client.
    std::uint64_t refused_to_client() const { return refused_to_client_.value(); }

private:
    friend class Permit;
    bool has_room(std::uint64_t more) const {
        const std::uint64_t used = in_flight_.value();
        return used == 0 || (used < bytes_max_ && more <= bytes_max_ - used);
    }

    // `held`: what the permit that grows has of it already.
    static bool has_room(const ClientBodies* client, std::uint64_t held, std::uint64_t more) {
        if (client == nullptr || client->bytes == held) return true;
        return client->bytes < client->bytes_max && more <= client->bytes_max - client->bytes;
    }
    Error refuse();
    Error refuse_to_client();

    std::uint64_t bytes_max_;
    Counter in_flight_;  // a Counter so that other cores may show it
    Counter refused_;
    Counter refused_to_client_;
    bool low_space_ = false;
};

}  // namespace sluice::engine
