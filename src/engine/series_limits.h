// The SeriesLimits keep the series of databases, and the values of their tags, within bounds: core
// 0 knows the series and values that each such database has, and every core asks before it writes a
// series that it does not know.
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

#include "engine/names/asked_series.h"
#include "engine/names/series_set.h"
#include "engine/names/tag_values.h"
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

    // Returns for each of the series whether it must not be written, because the database has as
    // many others as it may, or one of its tags as many other values. Those that may be written are
    // the database's from here on. Tags are asked about where `bounds` says so, and that is the
    // same in every call.
    io::Task<std::vector<SeriesAnswer>> ask(std::string database, AskedSeries series,
                                            SeriesBounds bounds);
    // Databases that are not in the catalog any more are forgotten.
    void install(const meta::Catalog& catalog);

private:
    // What was let in within a time.
    struct Lately {
        std::vector<std::uint64_t> series;
        std::vector<TagValue> values;
    };
    struct Database {
        SeriesSet series;
        TagValues values;
        bool is_counted = false;
        bool is_counting = false;
        std::int64_t counted_ns = 0;
        std::int64_t took_ns = 0;
        io::Event counted;
        // What was let in lately, in two lists of kLatelyNs each: what a count does not find of
        // these is on its way into a store.
        std::array<Lately, 2> lately;
        std::int64_t lately_ns = 0;
    };

    // Returns whether all may be written.
    static io::Task<bool> admit(Database& database, const AskedSeries& series,
                                const SeriesBounds& bounds, std::vector<SeriesAnswer>& answers);
    static SeriesAnswer judge(const Database& database, const AskedSeries& series, std::size_t i,
                              const SeriesBounds& bounds);
    io::Task<void> count(std::string name, std::shared_ptr<Database> database, bool with_tags);

    EngineState& engine_;
    std::map<std::string, std::shared_ptr<Database>, std::less<>> databases_;
};

}  // namespace sluice::engine
