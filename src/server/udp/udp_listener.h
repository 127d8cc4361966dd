// A UdpListener takes line protocol by datagrams on one core, for one [[udp]] input.
//
// Two tasks share the work. One takes datagrams from the kernel and gathers batches; the other
// writes them, one after the other, by the way of all writes: what counts as written is durable.
// Between them is a queue of a few batches. While it is full nothing is taken from the kernel,
// whose own buffer is the last place to wait; what it drops is counted.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "server/config/udp_settings.h"
#include "server/services/core_services.h"
#include "server/udp/udp_batch.h"
#include "server/write/write_outcome.h"
#include "sluice/engine/core.h"
#include "sluice/io/datagram_receiver.h"
#include "sluice/io/event.h"
#include "sluice/io/gate.h"

namespace sluice::server {

// Belongs to one core. stop() completes before destruction.
class UdpListener {
public:
    // `input` is the number of the [[udp]] table. Core 0 listens first.
    static Result<std::unique_ptr<UdpListener>> listen(CoreServices& services, std::size_t input,
                                                       std::uint16_t port);

    std::uint16_t port() const { return receiver_->port(); }
    void start();
    // Writes what has come so far.
    io::Task<void> stop();

private:
    // What one attempt to write a part of a batch came to.
    enum class Attempt : std::uint8_t { kDone, kAgain, kLater, kTooSparse };
    struct Part {
        std::size_t begin;
        std::size_t end;
    };

    UdpListener(CoreServices& services, std::size_t input,
                std::unique_ptr<io::DatagramReceiver> receiver);

    io::Task<void> receive_all();
    io::Task<void> write_all();
    io::Task<bool> wait_for_batch();
    void close_batch();
    io::Task<void> write(const UdpBatch& batch);
    io::Task<Attempt> try_part(const UdpBatch& batch, Part part, bool in_one_turn);
    void parse(std::string_view text, const ingest::ParseOptions& options,
               const engine::WriteTarget& target, model::PointBatch& batch,
               ingest::ParseResult& result);
    io::Task<bool> make_database();
    io::Task<bool> wait_a_little();
    void note_rejections(const WriteReport& report);
    void fail(const UdpBatch& batch, Part part, const Error& error);
    void tell(std::string_view what, std::string_view why);

    const UdpSettings& settings() const { return services_.config().udp[input_]; }
    UdpMetrics& metrics() { return *services_.udp_metrics[input_]; }

    CoreServices& services_;
    const std::size_t input_;
    std::unique_ptr<io::DatagramReceiver> receiver_;
    io::Gate gate_;
    bool stopping_ = false;
    UdpBatch open_;
    std::int64_t open_until_ns_ = 0;  // of the batch that is being gathered
    std::deque<UdpBatch> full_;
    io::Event came_;            // for the writer
    io::Event taken_;           // for the receiver
    bool failed_ = false;       // of the batch that is being written, some part
    std::int64_t told_ns_ = 0;  // when trouble was last written to the log
};

}  // namespace sluice::server
