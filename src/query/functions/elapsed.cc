// elapsed() gives the time since the point before, in whole units. Each of several points of one
// time counts.
#include <vector>

#include "query/functions/makers.h"

namespace sluice::query {
namespace {

// Times alone matter, so values of any type will do. Descending, the result is negative.
class Elapsed : public Reducer {
public:
    explicit Elapsed(std::int64_t unit_ns) : unit_ns_(unit_ns) {}

    void add(const Point& point) override {
        has_before_ = has_now_;
        before_ = now_;
        now_ = point.time;
        has_now_ = true;
    }

    void emit(std::vector<Point>& out) override {
        if (has_before_) out.push_back({now_, Value::of_integer((now_ - before_) / unit_ns_)});
    }

private:
    const std::int64_t unit_ns_;
    model::Timestamp before_ = 0;
    model::Timestamp now_ = 0;
    bool has_before_ = false;
    bool has_now_ = false;
};

}  // namespace

std::unique_ptr<Reducer> make_elapsed(const ReducerSpec& spec) {
    return std::make_unique<Elapsed>(spec.unit_ns);
}

}  // namespace sluice::query
