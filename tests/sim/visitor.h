// A Visitor is a client of a simulated server with nothing good in mind: it writes, reads, deletes,
// drops, stalls in the middle of a body, leaves before the answer, and keeps a model of what the
// server may and must have.
#pragma once

#include <cstdint>
#include <string>

#include "rare_states.h"
#include "server_model.h"
#include "sim_client.h"
#include "sluice/base/random.h"
#include "sluice/io/reactor.h"
#include "sluice/io/task.h"

namespace sluice::server {

// What the visitors of one life share. Outlives them.
struct Visit {
    Visit(engine::EngineModel& model_, RareStates& states_, Random& random_)
        : model(model_), states(states_), random(random_) {}

    engine::EngineModel& model;
    RareStates& states;
    Random& random;
    std::uint64_t hours = 1;   // that points lie in
    bool has_faults = false;   // of disk or network: then anything may fail
    bool is_stopping = false;  // the server has been told to stop
    std::string complaint;     // the first; empty: all is well

    void complain(std::string text) {
        if (complaint.empty()) complaint = std::move(text);
    }
    // Whether a request may fail for no fault of its own.
    bool is_excused() const { return has_faults || is_stopping; }
};

// It belongs to one reactor. run() completes before destruction, unless the world has crashed.
class Visitor {
public:
    Visitor(io::Reactor& reactor, std::uint16_t port, Visit& visit)
        : reactor_(reactor), client_(reactor, port), visit_(visit), random_(visit.random) {}

    io::Task<void> run(int actions);
    // Reads everything there is, and complains of what should not be.
    io::Task<void> read_all();

private:
    io::Task<void> act();
    io::Task<void> write();
    io::Task<void> write_and_leave();
    io::Task<void> write_slowly();
    io::Task<void> write_pipelined();
    io::Task<void> read_live();
    io::Task<void> leave_while_reading();
    io::Task<void> delete_points();
    io::Task<void> drop_measurement();
    io::Task<void> drop_database();
    io::Task<void> drop_policy();
    io::Task<void> make_places();
    io::Task<void> look();
    io::Task<void> make_continuous_query();
    io::Task<void> pause(std::int64_t at_most_ns);

    // What a statement of a delete takes: of all policies of the database, as InfluxDB does it.
    struct Doom {
        std::string place;
        std::uint64_t number;
    };
    std::vector<Doom> begin_doom(const std::string& database, const model::Tombstone& what);
    void end_doom(const std::vector<Doom>& dooms);

    std::string write_target(const std::string& database, const std::string& policy);
    io::Task<bool> execute(std::string statement);
    io::Task<Result<FoundAnswer>> query(std::string database, std::string text);
    io::Task<void> read_place(std::string database, std::string policy);
    void settle(const DrawnLines& lines, const SimAnswer& answer);
    std::string some_database() { return kDatabases[random_.below(2)]; }
    std::string some_policy() { return kPolicies[random_.below(8) == 0 ? 1 : 0]; }
    std::string some_measurement() { return kMeasurements[random_.below(3)]; }

    io::Reactor& reactor_;
    SimClient client_;
    Visit& visit_;
    Random& random_;
};

}  // namespace sluice::server
