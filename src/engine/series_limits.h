// The SeriesLimits keep the series of databases within a bound: core 0 knows the series that each
// such database has, and every core asks before it writes one that it does not know.
//
// What a database has is counted in the stores when it is first asked for after a start, and again
// when it is full, at most once a minute, since deletes and retention make room. Between these it
// only grows. Databases that nobody bounds cost nothing.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/names/series_set.h"
#include "sluice/io/event.h"
#include "sluice/io/task.h"
#include "sluice/meta/catalog.h"

namespace sluice::engine {

class EngineState;

// On core 0. A task has completed before the stores stop.
class SeriesLimits {
public:
    explicit SeriesLimits(EngineState& engine) : engine_(engine) {}
    SeriesLimits(const SeriesLimits&) = delete;
    SeriesLimits& operator=(const SeriesLimits&) = delete;

    // Returns for each of the series, which are hashes of keys, whether it must not be written
    // because the database has `series_max` others. Those that may be written are the database's
    // from here on.
    io::Task<std::vector<bool>> ask(std::string database, std::vector<std::uint64_t> series,
                                    std::uint64_t series_max);
    // Databases that are not in the catalog any more are forgotten.
    void install(const meta::Catalog& catalog);

private:
    struct Database {
        SeriesSet series;
        bool is_counted = false;
        bool is_counting = false;
        std::int64_t counted_ns = 0;
        std::int64_t took_ns = 0;
        io::Event counted;
        // The series that were let in lately, in two lists of kLatelyNs each: what a count does not
        // find of these is on its way into a store.
        std::array<std::vector<std::uint64_t>, 2> lately;
        std::int64_t lately_ns = 0;
    };

    static bool admit(Database& database, const std::vector<std::uint64_t>& series,
                      std::uint64_t series_max, std::int64_t now_ns, std::vector<bool>& refused);
    io::Task<void> count(std::string name, std::shared_ptr<Database> database);

    EngineState& engine_;
    std::map<std::string, std::shared_ptr<Database>, std::less<>> databases_;
};

}  // namespace sluice::engine
