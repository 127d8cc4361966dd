// One life of a server on a simulated machine, with visitors on another one beside it: from its
// start, on the disk that the last life left, to a power cut or to an orderly stop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/server.h"
#include "sim_cores.h"
#include "visitor.h"

namespace sluice::server {

// What may be made simpler when a seed that fails is looked into. Each of these numbers is of the
// most that there is of something.
struct LifeBounds {
    std::uint32_t lives = 4;
    std::uint32_t cores = 3;
    std::uint32_t visitors = 4;
    std::uint32_t actions = 60;  // of a visitor
    std::uint32_t turns = 4000;  // until the power fails
    std::uint32_t faults = 1;    // 0: none
    std::uint32_t stops = 1;     // 0: every life ends by a power cut
};

class ServerLife {
public:
    // `is_clean`: no fault has touched the disk before, so there is nothing to say against it.
    ServerLife(std::uint64_t seed, io::SimOptions sim, io::SimDisk disk, const LifeBounds& bounds,
               engine::EngineModel& model, RareStates& states, bool is_clean);
    ~ServerLife();

    // Visitors come, and after some turns the power fails.
    io::SimDisk run_and_crash();
    // Visitors come, and after some turns the server is told to stop.
    io::SimDisk run_and_stop();
    // Everything is read, and the server stops.
    io::SimDisk check_and_stop();

    // A fault may have left something on the disk.
    bool had_faults() const { return visit_.has_faults; }
    const std::string& complaint() const { return visit_.complaint; }
    // Equal for equal lives.
    std::uint64_t trace() const { return world_.trace_hash(); }

private:
    void start();
    void run_visitors();
    void fill_disk();
    void look_at_recovery();
    void look_at_work();
    void stop();
    io::Task<void> visit(std::uint32_t actions);

    const LifeBounds bounds_;
    const bool is_clean_;
    Random random_;
    io::SimWorld world_;
    Visit visit_;
    std::unique_ptr<Server> server_;
    std::unique_ptr<io::SimCores> cores_;
    std::vector<std::unique_ptr<Visitor>> visitors_;
    std::vector<io::Task<void>> visits_;
};

}  // namespace sluice::server
