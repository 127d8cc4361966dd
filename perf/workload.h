// The data the measurements are made with: lines of line protocol in a few shapes.
//
// The same options give the same bytes on every machine, so figures of two days can be compared.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::perf {

struct WorkloadOptions {
    std::string shape = "cpu";
    std::uint64_t series_count = 4000;
    std::uint64_t seed = 1;
    // 2016-01-01T00:00:00Z, the start of the Time Series Benchmark Suite. Every series has one
    // point each `interval_ns`.
    std::int64_t start_ns = 1'451'606'400'000'000'000;
    std::int64_t interval_ns = 10'000'000'000;
};

// Lines in the order in which a fleet would send them: all series at one time, then the next time.
class Workload {
public:
    virtual ~Workload() = default;

    // Appends the next line, with its newline.
    virtual void append_line(std::string& out) = 0;
    virtual unsigned values_per_line() const = 0;

    // Null when the shape is not one of workload_shapes().
    static std::unique_ptr<Workload> make(const WorkloadOptions& options);
};

struct WorkloadShape {
    std::string_view name;
    std::string_view description;
};
const std::vector<WorkloadShape>& workload_shapes();

}  // namespace sluice::perf
