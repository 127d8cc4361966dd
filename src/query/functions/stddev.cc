// stddev() gives the standard deviation of a sample. Of one point it is not a number.
#include <cmath>
#include <limits>
#include <vector>

#include "query/functions/makers.h"

namespace sluice::query {
namespace {

class Stddev : public Reducer {
public:
    void add(const Point& point) override { values_.push_back(point.value.to_float()); }

    void emit(std::vector<Point>& out) override {
        if (values_.empty()) return;
        out.push_back({kTimeOfWindow, Value::of_float(stddev())});
    }

    std::size_t memory_bytes() const override { return values_.capacity() * sizeof(double); }

private:
    // There are two passes, with a running mean, as in the original: the last bits depend on it.
    double stddev() const {
        if (values_.size() < 2) return std::numeric_limits<double>::quiet_NaN();
        double mean = 0;
        double count = 0;
        for (const double value : values_) {
            if (std::isnan(value)) continue;
            ++count;
            mean += (value - mean) / count;
        }
        double squares = 0;
        for (const double value : values_) {
            if (!std::isnan(value)) squares += (value - mean) * (value - mean);
        }
        return std::sqrt(squares / (count - 1));
    }

    std::vector<double> values_;
};

}  // namespace

std::unique_ptr<Reducer> make_stddev(const ReducerSpec&) {
    return std::make_unique<Stddev>();
}

}  // namespace sluice::query
