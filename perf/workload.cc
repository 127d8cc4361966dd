#include "workload.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "sluice/base/random.h"

namespace sluice::perf {
namespace {

void append_number(std::string& out, std::int64_t value) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

// Hundredths as a decimal number without trailing zeros: 5813 is 58.13, 5810 is 58.1, 5800 is 58.
void append_hundredths(std::string& out, std::int64_t hundredths) {
    append_number(out, hundredths / 100);
    const auto rest = static_cast<unsigned>(hundredths % 100);
    if (rest == 0) return;
    out += '.';
    out += static_cast<char>('0' + rest / 10);
    if (rest % 10 != 0) out += static_cast<char>('0' + rest % 10);
}

void append_hex(std::string& out, std::uint64_t value) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    for (int shift = 60; shift >= 0; shift -= 4) out += kDigits[(value >> shift) & 15];
}

template <std::size_t Count>
std::string_view pick(const std::array<std::string_view, Count>& choices, Random& random) {
    return choices[random.below(Count)];
}

// Standard normal numbers by Box and Muller (1958), two at a time.
class NormalSource {
public:
    double next(Random& random) {
        if (has_spare_) {
            has_spare_ = false;
            return spare_;
        }
        const double radius = std::sqrt(-2.0 * std::log(1.0 - random.unit()));
        const double angle = 2.0 * std::numbers::pi * random.unit();
        spare_ = radius * std::sin(angle);
        has_spare_ = true;
        return radius * std::cos(angle);
    }

private:
    double spare_ = 0;
    bool has_spare_ = false;
};

// What all shapes share: whose turn it is and what the clock says.
class ShapeBase : public Workload {
protected:
    explicit ShapeBase(const WorkloadOptions& options)
        : random_(options.seed),
          series_count_(std::max<std::uint64_t>(options.series_count, 1)),
          time_ns_(options.start_ns),
          interval_ns_(options.interval_ns) {}

    std::uint64_t series() const { return series_; }
    void finish_line(std::string& out) {
        out += ' ';
        append_number(out, time_ns_);
        out += '\n';
        if (++series_ == series_count_) {
            series_ = 0;
            time_ns_ += interval_ns_;
        }
    }

    Random random_;
    std::uint64_t series_count_;

private:
    std::uint64_t series_ = 0;
    std::int64_t time_ns_;
    std::int64_t interval_ns_;
};

// The cpu-only use case of the Time Series Benchmark Suite: ten tags, ten gauges between 0 and 100
// that walk by normal steps, here with two decimals.
class CpuShape : public ShapeBase {
public:
    explicit CpuShape(const WorkloadOptions& options) : ShapeBase(options) {
        hosts_.reserve(series_count_);
        for (std::uint64_t i = 0; i < series_count_; ++i) hosts_.push_back(make_host(i));
    }

    void append_line(std::string& out) override {
        Host& host = hosts_[series()];
        out += host.key;
        char separator = ' ';
        for (std::size_t i = 0; i < kFields.size(); ++i) {
            std::int64_t& value = host.hundredths[i];
            value += std::llround(normal_.next(random_) * 100);
            value = std::clamp<std::int64_t>(value, 0, 10000);
            out += separator;
            out += kFields[i];
            out += '=';
            append_hundredths(out, value);
            separator = ',';
        }
        finish_line(out);
    }
    unsigned values_per_line() const override { return kFields.size(); }

private:
    static constexpr std::array<std::string_view, 10> kFields = {
        "usage_user", "usage_system",  "usage_idle",  "usage_nice",  "usage_iowait",
        "usage_irq",  "usage_softirq", "usage_steal", "usage_guest", "usage_guest_nice"};
    static constexpr std::array<std::string_view, 9> kRegions = {
        "us-east-1",      "us-west-1",      "us-west-2",      "eu-west-1", "eu-central-1",
        "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1"};
    static constexpr std::array<std::string_view, 3> kZones = {"a", "b", "c"};
    static constexpr std::array<std::string_view, 3> kSystems = {"Ubuntu16.10", "Ubuntu16.04LTS",
                                                                 "Ubuntu15.10"};
    static constexpr std::array<std::string_view, 2> kArchitectures = {"x64", "x86"};
    static constexpr std::array<std::string_view, 4> kTeams = {"SF", "NYC", "LON", "CHI"};
    static constexpr std::array<std::string_view, 3> kEnvironments = {"production", "staging",
                                                                      "test"};

    struct Host {
        std::string key;
        std::array<std::int64_t, 10> hundredths;
    };

    Host make_host(std::uint64_t index) {
        const std::string region(pick(kRegions, random_));
        Host host;
        host.key = "cpu,hostname=host_" + std::to_string(index) + ",region=" + region +
                   ",datacenter=" + region + std::string(pick(kZones, random_)) +
                   ",rack=" + std::to_string(random_.below(100)) +
                   ",os=" + std::string(pick(kSystems, random_)) +
                   ",arch=" + std::string(pick(kArchitectures, random_)) +
                   ",team=" + std::string(pick(kTeams, random_)) +
                   ",service=" + std::to_string(random_.below(20)) +
                   ",service_version=" + std::to_string(random_.below(2)) +
                   ",service_environment=" + std::string(pick(kEnvironments, random_));
        for (std::int64_t& value : host.hundredths) value = random_.between(0, 10000);
        return host;
    }

    std::vector<Host> hosts_;
    NormalSource normal_;
};

// One short field: what a request costs beside its values.
class ShortShape : public ShapeBase {
public:
    explicit ShortShape(const WorkloadOptions& options) : ShapeBase(options) {}

    void append_line(std::string& out) override {
        out += "room,sensor=s";
        append_number(out, static_cast<std::int64_t>(series()));
        out += " celsius=";
        append_hundredths(out, random_.between(1800, 2400));
        finish_line(out);
    }
    unsigned values_per_line() const override { return 1; }
};

// Fifty fields of four types, as the status of a database server or an appliance looks.
class MixedShape : public ShapeBase {
public:
    explicit MixedShape(const WorkloadOptions& options)
        : ShapeBase(options), counters_(series_count_ * kCounters) {
        for (std::int64_t& counter : counters_) counter = random_.between(0, 1'000'000'000);
    }

    void append_line(std::string& out) override {
        out += "appliance,site=site";
        append_number(out, static_cast<std::int64_t>(series() % 50));
        out += ",unit=u";
        append_number(out, static_cast<std::int64_t>(series()));
        out += ' ';
        for (int i = 0; i < kGauges; ++i) {
            append_name(out, "gauge_", i);
            append_hundredths(out, random_.between(0, 100'000));
        }
        for (int i = 0; i < kCounters; ++i) {
            std::int64_t& counter = counters_[series() * kCounters + static_cast<unsigned>(i)];
            counter += random_.between(0, 5000);
            append_name(out, ",counter_", i);
            append_number(out, counter);
            out += 'i';
        }
        for (int i = 0; i < kFlags; ++i) {
            append_name(out, ",flag_", i);
            out += random_.chance(0.95) ? "true" : "false";
        }
        for (int i = 0; i < kStates; ++i) {
            append_name(out, ",state_", i);
            out += '"';
            out += pick(kStateNames, random_);
            out += '"';
        }
        finish_line(out);
    }
    unsigned values_per_line() const override { return kGauges + kCounters + kFlags + kStates; }

private:
    static constexpr int kGauges = 20;
    static constexpr int kCounters = 20;
    static constexpr int kFlags = 5;
    static constexpr int kStates = 5;
    static constexpr std::array<std::string_view, 4> kStateNames = {"running", "idle", "degraded",
                                                                    "maintenance"};

    static void append_name(std::string& out, std::string_view prefix, int index) {
        if (prefix.front() != ',' && index > 0) out += ',';
        out += prefix;
        append_number(out, index);
        out += '=';
    }

    std::vector<std::int64_t> counters_;
};

// Lines of a web server's log: one long string that hardly repeats, one that often does, two
// numbers.
class LogShape : public ShapeBase {
public:
    explicit LogShape(const WorkloadOptions& options) : ShapeBase(options) {}

    void append_line(std::string& out) override {
        out += "access,host=web";
        append_number(out, static_cast<std::int64_t>(series()));
        out += ",level=";
        out += pick(kLevels, random_);
        out += " message=\"";
        out += pick(kMethods, random_);
        out += " /api/v1/";
        out += pick(kResources, random_);
        out += '/';
        append_number(out, random_.between(1, 1'000'000));
        out += "?session=";
        append_hex(out, random_.next());
        out += " from 10.";
        append_number(out, random_.between(0, 255));
        out += '.';
        append_number(out, random_.between(0, 255));
        out += "\",agent=\"";
        out += pick(kAgents, random_);
        out += "\",status=";
        out += pick(kStatuses, random_);
        out += "i,duration_us=";
        append_number(out, random_.between(80, 90'000));
        out += 'i';
        finish_line(out);
    }
    unsigned values_per_line() const override { return 4; }

private:
    static constexpr std::array<std::string_view, 4> kLevels = {"info", "info", "warn", "error"};
    static constexpr std::array<std::string_view, 4> kMethods = {"GET", "GET", "POST", "DELETE"};
    static constexpr std::array<std::string_view, 5> kResources = {"users", "orders", "invoices",
                                                                   "devices", "sessions"};
    static constexpr std::array<std::string_view, 4> kStatuses = {"200", "200", "404", "503"};
    static constexpr std::array<std::string_view, 3> kAgents = {
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "curl/7.88.1",
        "Go-http-client/1.1"};
};

// Every line opens a new series.
class SeriesShape : public ShapeBase {
public:
    explicit SeriesShape(const WorkloadOptions& options) : ShapeBase(options) {}

    void append_line(std::string& out) override {
        out += "request,host=host_";
        append_number(out, static_cast<std::int64_t>(series()));
        out += ",id=";
        append_hex(out, random_.next());
        out += ",path=/v1/items/";
        append_number(out, static_cast<std::int64_t>(number_++ % 100'000));
        out += " duration=";
        append_hundredths(out, random_.between(1, 100'000));
        finish_line(out);
    }
    unsigned values_per_line() const override { return 1; }

private:
    std::uint64_t number_ = 0;
};

}  // namespace

const std::vector<WorkloadShape>& workload_shapes() {
    static const std::vector<WorkloadShape> shapes = {
        {"cpu", "10 tags, 10 gauges with two decimals, about 367 bytes"},
        {"short", "1 tag, 1 float field, about 50 bytes"},
        {"mixed", "2 tags, 50 fields: floats, integers, booleans, strings"},
        {"log", "2 tags, long and short strings, 2 integers"},
        {"series", "3 tags, 1 float field, every line a new series"},
    };
    return shapes;
}

std::unique_ptr<Workload> Workload::make(const WorkloadOptions& options) {
    if (options.shape == "cpu") return std::make_unique<CpuShape>(options);
    if (options.shape == "short") return std::make_unique<ShortShape>(options);
    if (options.shape == "mixed") return std::make_unique<MixedShape>(options);
    if (options.shape == "log") return std::make_unique<LogShape>(options);
    if (options.shape == "series") return std::make_unique<SeriesShape>(options);
    return nullptr;
}

}  // namespace sluice::perf
