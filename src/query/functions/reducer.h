// A Reducer is one function of InfluxQL at work: points go in, and points come out.
//
// Points with a null value do not reach reducers: the stage that drives one leaves them out. Values
// have the type of the argument. Points come in the order the query asks for, ascending or
// descending; a reducer gives its points out in that order too.
//
// What a reducer gives out is InfluxDB's to the last digit and to the last of several equal rows.
// So each follows the order of operations of its original, even where another one would be faster
// or more exact, and sorts with Go's algorithm (go/go_sort.h) where equal elements can be told
// apart.
//
// A reducer lives on the core of the query. The stage that drives it keeps the strings of the
// points that it was given until it is destroyed.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "query/expr/function_table.h"
#include "query/expr/point.h"
#include "query/expr/time_frame.h"

namespace sluice::query {

// A reducer is for one window of a tag set (kReduction), or for one tag set (kTransformation,
// kForecast).
class Reducer {
public:
    Reducer() = default;
    Reducer(const Reducer&) = delete;
    Reducer& operator=(const Reducer&) = delete;
    virtual ~Reducer() = default;

    virtual void add(const Point& point) = 0;

    // Is called after the last add(), until it returns true; then emit() may be called. A forecast,
    // whose search takes seconds, works for some milliseconds in each call, so that other work can
    // run in between.
    virtual bool prepare() { return true; }

    // Appends the points that are ready. For a transformation it is called after every add(), for a
    // reduction or forecast once, after the last add(). Times may be kTimeOfWindow.
    virtual void emit(std::vector<Point>& out) = 0;

    // Appends what a transformation still holds after the last point of its tag set.
    virtual void finish(std::vector<Point>& out) { (void)out; }

    // Returns why nothing is given out, if a forecast would take too long. It is empty otherwise.
    virtual std::string_view failure() const { return {}; }

    // Returns the memory that the reducer holds. It grows with the points that were added, except
    // for transformations and spread, which stay small.
    virtual std::size_t memory_bytes() const { return 0; }
};

// All that a reducer is made of: the arguments of a call as numbers. One spec makes a reducer for
// each window and tag set. A member that the function does not use keeps its default.
struct ReducerSpec {
    enum class Warmup : std::uint8_t { kExponential, kSimple, kNone };

    Function function = Function::kMedian;
    influxql::DataType argument = influxql::DataType::kFloat;
    // top, bottom, sample: points wanted. Averages and oscillators: points looked back on.
    // holt_winters: points forecast.
    std::int64_t count = 0;
    std::int64_t season = 0;        // holt_winters: points of a season
    double percentile = 0;          // percentile
    std::int64_t unit_ns = 1;       // derivative, elapsed, integral
    std::int64_t hold_period = -1;  // points that are not given out at first; -1: until warm
    Warmup warmup = Warmup::kExponential;
    TimeFrame frame;         // integral: where to cut; holt_winters: the distance of its points
    std::uint64_t seed = 0;  // sample
};

// Reads a compiled call, whose arguments are right. `argument` is the type of its first argument.
ReducerSpec reducer_spec(const influxql::Call& call, influxql::DataType argument,
                         const TimeFrame& frame);

// Makes a reducer for kReduction, kTransformation and kForecast. The argument type must be right
// (check_argument_type).
std::unique_ptr<Reducer> make_reducer(const ReducerSpec& spec);

}  // namespace sluice::query
