// distinct() gives every value once, in the order of first appearance.
#include <algorithm>
#include <unordered_set>
#include <vector>

#include "query/functions/compare.h"
#include "query/functions/makers.h"

namespace sluice::query {
namespace {

struct ValueHash {
    std::size_t operator()(const Value& value) const {
        if (value.kind() == Value::Kind::kString) {
            return std::hash<std::string_view>()(value.as_string());
        }
        if (value.kind() == Value::Kind::kFloat) return std::hash<double>()(value.as_float());
        return std::hash<std::uint64_t>()(value.word());
    }
};
// NaN equals nothing, so each one counts; 0 and -0 are one value and have one hash.
struct ValueEqual {
    bool operator()(const Value& a, const Value& b) const { return value_equal(a, b); }
};

// Strings of values are those of the stage that drives it, which keeps them until the window ends.
class Distinct : public Reducer {
public:
    explicit Distinct(bool ascending) : ascending_(ascending) {}

    void add(const Point& point) override {
        if (seen_.insert(point.value).second) points_.push_back(point);
    }

    // Values of one time come in their own order.
    void emit(std::vector<Point>& out) override {
        std::stable_sort(points_.begin(), points_.end(), [&](const Point& a, const Point& b) {
            if (a.time != b.time) return (a.time < b.time) == ascending_;
            return value_less(a.value, b.value);
        });
        // The time orders the points of several tag sets. The stage that asks for distinct()
        // replaces it.
        for (const Point& point : points_) out.push_back({point.time, point.value});
    }

    std::size_t memory_bytes() const override {
        constexpr std::size_t kSetEntryBytes = sizeof(Value) + 3 * sizeof(void*);
        return points_.capacity() * sizeof(Point) + seen_.size() * kSetEntryBytes;
    }

private:
    const bool ascending_;
    std::unordered_set<Value, ValueHash, ValueEqual> seen_;
    std::vector<Point> points_;
};

}  // namespace

std::unique_ptr<Reducer> make_distinct(const ReducerSpec& spec) {
    return std::make_unique<Distinct>(spec.frame.ascending);
}

}  // namespace sluice::query
