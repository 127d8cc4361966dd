// What the clients of a simulated engine know: which points were sent, acknowledged, dropped.
//
// Every point has a serial number, which is also its time within its hour and its value, so that a
// row found later says by itself which point it is.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/model/field_type.h"
#include "sluice/model/timestamp.h"

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
    std::uint64_t drops_before = 0;  // drops of the database begun before it was sent
    bool during_drop = false;        // sent while one was running
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
    std::uint64_t begin_drop(const std::string& database);
    void end_drop(const std::string& database, std::uint64_t drop);
    // The process has ended.
    void end_life() { running_drops_.clear(); }

    // A row that was found, field by field. What is wrong with it, if anything.
    std::optional<std::string> found(const std::string& database, std::string_view measurement,
                                     std::string_view series, model::Timestamp time,
                                     std::string_view field, model::FieldType type,
                                     std::uint64_t value);
    // What is missing after everything was found. Then forgets what was found.
    std::optional<std::string> check();

    std::uint64_t acknowledged() const { return acknowledged_; }
    static std::uint64_t serial_of(model::Timestamp time) {
        return static_cast<std::uint64_t>(time % kHourNs);
    }

private:
    std::map<std::uint64_t, SentPoint> points_;
    std::map<std::uint64_t, std::size_t> found_;  // serial -> fields seen
    std::map<std::string, std::uint64_t> drops_;  // begun
    std::map<std::string, std::uint64_t> running_drops_;
    std::uint64_t next_serial_ = 1;
    std::uint64_t acknowledged_ = 0;
};

}  // namespace sluice::engine
