#include "engine_model.h"

#include <algorithm>

#include "sluice/model/series_key.h"

namespace sluice::engine {

bool EngineModel::Drop::covers(const SentPoint& point) const {
    return database == point.database && what.range.contains(point.time) &&
           what.names(point.measurement) &&
           what.series.matches(model::parse_series_key(point.series));
}

std::uint64_t EngineModel::send(SentPoint point, model::Timestamp base) {
    const std::uint64_t serial = next_serial_++;
    point.time = base + static_cast<model::Timestamp>(serial);
    point.drops_before = drops_.size();
    point.during_drop = std::any_of(drops_.begin(), drops_.end(), [&](const Drop& each) {
        return each.running && each.covers(point);
    });
    points_[serial] = std::move(point);
    return serial;
}

void EngineModel::acknowledge(std::uint64_t serial) {
    SentPoint& point = points_[serial];
    ++acknowledged_;
    // A drop that began meanwhile may have come before it or after.
    if (point.state == PointState::kSent) {
        const auto since = drops_.begin() + static_cast<std::ptrdiff_t>(point.drops_before);
        const bool certain =
            !point.during_drop &&
            std::none_of(since, drops_.end(), [&](const Drop& each) { return each.covers(point); });
        point.state = certain ? PointState::kAcknowledged : PointState::kUncertain;
    }
}

std::uint64_t EngineModel::begin_delete(const std::string& database, model::Tombstone what) {
    drops_.push_back({database, std::move(what), true});
    const std::uint64_t drop = drops_.size();
    for (auto& [serial, point] : points_) {
        if (point.state == PointState::kAcknowledged && drops_.back().covers(point)) {
            point.state = PointState::kUncertain;
            point.doomed_by = drop;
        }
    }
    return drop;
}

void EngineModel::end_delete(const std::string& database, std::uint64_t drop) {
    drops_[drop - 1].running = false;
    for (auto& [serial, point] : points_) {
        if (point.database == database && point.doomed_by != 0 && point.doomed_by == drop) {
            point.state = PointState::kDropped;
        }
    }
}

std::optional<std::string> EngineModel::found(const std::string& database,
                                              std::string_view measurement, std::string_view series,
                                              model::Timestamp time, std::string_view field,
                                              model::FieldType type, std::uint64_t value) {
    const std::uint64_t serial = serial_of(time);
    const std::string what = "point " + std::to_string(serial) + " " + std::string(field);
    const auto known = points_.find(serial);
    if (known == points_.end()) return what + " was never sent";
    const SentPoint& point = known->second;
    if (point.time != time || point.database != database || point.measurement != measurement ||
        point.series != series || value != serial) {
        return what + " is not as it was sent";
    }
    const std::pair<std::string, model::FieldType> wanted(std::string(field), type);
    if (std::find(point.fields.begin(), point.fields.end(), wanted) == point.fields.end()) {
        return what + " has another type or no such field";
    }
    if (point.state == PointState::kRejected) return what + " was rejected";
    if (point.state == PointState::kDropped) return what + " was dropped";
    found_[serial].emplace(field);
    return std::nullopt;
}

std::optional<std::string> EngineModel::check() {
    for (const auto& [serial, point] : points_) {
        const auto seen = found_.find(serial);
        const std::size_t fields = seen == found_.end() ? 0 : seen->second.size();
        if (point.state == PointState::kAcknowledged && fields != point.fields.size()) {
            return "acknowledged point " + std::to_string(serial) + " of " + point.database + " " +
                   point.series + " has " + std::to_string(fields) + " of " +
                   std::to_string(point.fields.size()) + " fields";
        }
    }
    found_.clear();
    return std::nullopt;
}

std::vector<std::uint64_t> EngineModel::certain() const {
    std::vector<std::uint64_t> serials;
    for (const auto& [serial, point] : points_) {
        if (point.state == PointState::kAcknowledged) serials.push_back(serial);
    }
    return serials;
}

std::vector<std::uint64_t> EngineModel::certain_in(const std::string& database) const {
    std::vector<std::uint64_t> serials = certain();
    std::erase_if(serials,
                  [&](std::uint64_t serial) { return points_.at(serial).database != database; });
    return serials;
}

std::string EngineModel::send_user() {
    std::string name = "u" + std::to_string(users_.size());
    users_[name] = false;
    return name;
}

std::optional<std::string> EngineModel::check_users(const std::vector<std::string>& found) const {
    for (const std::string& name : found) {
        if (!users_.contains(name)) return "user " + name + " was never sent";
    }
    for (const auto& [name, acknowledged] : users_) {
        if (acknowledged && std::find(found.begin(), found.end(), name) == found.end()) {
            return "acknowledged user " + name + " is missing";
        }
    }
    return std::nullopt;
}

}  // namespace sluice::engine
