// What the clients of a simulated engine know: which points were sent, acknowledged, dropped.
//
// Every point has a serial number, which is also its time within its hour and its value, so that a
// row found later says by itself which point it is.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/model/field_type.h"
#include "sluice/model/timestamp.h"
#include "sluice/model/tombstone.h"

namespace sluice::engine {

enum class PointState : std::uint8_t {
    kSent,          // may be there, wholly or not at all
    kRejected,      // must not be there
    kAcknowledged,  // must be there
    kUncertain,     // its database was being dropped
    kDropped,       // its database has been dropped: must not be there
};

struct SentPoint {
    std::string database;
    std::string measurement;
    std::string series;
    model::Timestamp time = 0;
    std::vector<std::pair<std::string, model::FieldType>> fields;
    PointState state = PointState::kSent;
    std::uint64_t drops_before = 0;  // drops and deletes begun before it was sent
    bool during_drop = false;        // sent while one that covers it was running
    std::uint64_t doomed_by = 0;     // acknowledged before this drop began
};

class EngineModel {
public:
    // A new point; its time is `base` plus its serial number.
    std::uint64_t send(SentPoint point, model::Timestamp base);
    void acknowledge(std::uint64_t serial);
    void reject(std::uint64_t serial) { points_[serial].state = PointState::kRejected; }

    // A drop takes what was acknowledged before it began; what is sent while it runs may go too. A
    // drop that fails is never over while this process lives.
    std::uint64_t begin_drop(const std::string& database) { return begin_delete(database, {}); }
    void end_drop(const std::string& database, std::uint64_t drop) { end_delete(database, drop); }
    // The same for a delete of some points.
    std::uint64_t begin_delete(const std::string& database, model::Tombstone what);
    void end_delete(const std::string& database, std::uint64_t drop);
    // The process has ended.
    void end_life() {
        for (Drop& each : drops_) each.running = false;
    }

    // A row that was found, field by field. What is wrong with it, if anything.
    std::optional<std::string> found(const std::string& database, std::string_view measurement,
                                     std::string_view series, model::Timestamp time,
                                     std::string_view field, model::FieldType type,
                                     std::uint64_t value);
    // What is missing after everything was found. Then forgets what was found.
    std::optional<std::string> check();

    // Points that a read which begins now must find, unless they are no longer certain at its end.
    std::vector<std::uint64_t> certain() const;
    std::vector<std::uint64_t> certain_in(const std::string& database) const;
    bool is_certain(std::uint64_t serial) const {
        return points_.at(serial).state == PointState::kAcknowledged;
    }

    // A user whose creation is asked for; the name says which one it is.
    std::string send_user();
    void acknowledge_user(const std::string& name) { users_[name] = true; }
    std::optional<std::string> check_users(const std::vector<std::string>& found) const;

    std::uint64_t acknowledged() const { return acknowledged_; }
    static std::uint64_t serial_of(model::Timestamp time) {
        return static_cast<std::uint64_t>(time % kHourNs);
    }

private:
    std::map<std::uint64_t, SentPoint> points_;
    // Fields seen, by serial. A crash during a hand-over may leave a row in two stores.
    std::map<std::uint64_t, std::set<std::string, std::less<>>> found_;
    struct Drop {
        std::string database;
        model::Tombstone what;
        bool running;
        bool covers(const SentPoint& point) const;
    };
    std::vector<Drop> drops_;            // begun; numbered from 1
    std::map<std::string, bool> users_;  // whether it must be there
    std::uint64_t next_serial_ = 1;
    std::uint64_t acknowledged_ = 0;
};

}  // namespace sluice::engine
