#include "query/expr/time_zone.h"

#include <cctz/time_zone.h>

#include <chrono>

#include "sluice/base/units.h"

namespace sluice::query {
namespace {

class LoadedZone final : public TimeZone {
public:
    explicit LoadedZone(cctz::time_zone zone) : zone_(zone) {}

    std::int64_t offset_ns(model::Timestamp t) const override {
        return offset_s(seconds_of(t)) * kSecondNs;
    }

    bool changes_between(model::Timestamp begin, model::Timestamp end) const override {
        cctz::time_zone::civil_transition change;
        if (!zone_.next_transition(time_point(seconds_of(begin)), &change)) return false;
        return zone_.lookup(change.to).trans <= time_point(seconds_of(end));
    }

    // Go guesses with the offset of the local time taken for UTC, and then looks there for the
    // right one; that decides what a time means that is shown twice, or never.
    std::int64_t utc_seconds(std::int64_t local_seconds) const override {
        const std::int64_t guessed = offset_s(local_seconds);
        if (guessed == 0) return local_seconds;
        return local_seconds - offset_s(local_seconds - guessed);
    }

private:
    static std::int64_t seconds_of(model::Timestamp t) {
        return t / kSecondNs - (t % kSecondNs < 0 ? 1 : 0);
    }
    static cctz::time_point<cctz::seconds> time_point(std::int64_t seconds) {
        return cctz::time_point<cctz::seconds>{cctz::seconds(seconds)};
    }
    std::int64_t offset_s(std::int64_t seconds) const {
        return zone_.lookup(time_point(seconds)).offset;
    }

    const cctz::time_zone zone_;
};

// Go takes names of files below its directory of zones; cctz knows more.
bool is_name_of_zone(const std::string& name) {
    return name.find("..") == std::string::npos && name.find('\\') == std::string::npos &&
           name.find(':') == std::string::npos && !name.starts_with('/') &&
           !name.starts_with("Fixed/") && name != "localtime";
}

}  // namespace

std::shared_ptr<const TimeZone> TimeZone::find(const std::string& name) {
    if (name.empty() || name == "UTC" || name == "Local") {
        return std::make_shared<LoadedZone>(cctz::utc_time_zone());
    }
    cctz::time_zone zone;
    if (!is_name_of_zone(name) || !cctz::load_time_zone(name, &zone)) return nullptr;
    return std::make_shared<LoadedZone>(zone);
}

bool TimeZone::has_database() {
    cctz::time_zone zone;
    // No database is without it.
    return cctz::load_time_zone("Europe/London", &zone);
}

}  // namespace sluice::query
