// Statements made up at random, on points made up at random, beside a model that looks at every
// point for every window: the whole way from the text to the answer, but for the stores.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <sstream>

#include "memory_source.h"
#include "sluice/base/random.h"
#include "sluice/query/statement_executor.h"

namespace sluice::query {
namespace {

struct ModelPoint {
    std::string h;
    std::int64_t time_s = 0;  // no two points have the same time
    double value = 0;         // a multiple of a half, which adds up exactly
};

struct ModelRow {
    std::string h;
    std::int64_t time_s = 0;
    std::optional<double> value;
};

std::string text_of(const std::vector<ModelRow>& rows) {
    std::ostringstream text;
    for (const ModelRow& row : rows) {
        text << row.h << ' ' << row.time_s << ' ';
        if (row.value) text << std::round(*row.value * 1e6) / 1e6 + 0.0;
        text << '\n';
    }
    return text.str();
}

struct TextSink final : AnswerSink {
    std::string text;
    void begin(const AnswerStart&) override {}
    io::Task<Result<void>> write(std::string_view bytes) override {
        text += bytes;
        co_return Result<void>();
    }
};

// The rows of an answer in CSV: name,tags,time,value.
std::vector<ModelRow> asked(StatementExecutor& executor, const std::string& statement) {
    QueryRequest request;
    request.text = statement;
    request.database = "d";
    request.epoch = "s";
    request.format = AnswerFormat::kCsv;
    TextSink sink;
    auto task = executor.execute(std::move(request), sink);
    EXPECT_TRUE(task.done());
    EXPECT_TRUE(task.take().ok());
    std::vector<ModelRow> rows;
    std::istringstream lines(sink.text);
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line.starts_with("name,")) continue;
        std::istringstream cells(line);
        std::string name, tags, time, value;
        std::getline(cells, name, ',');
        std::getline(cells, tags, ',');
        std::getline(cells, time, ',');
        std::getline(cells, value, ',');
        EXPECT_EQ(name, "m") << sink.text;
        ModelRow row;
        row.h = tags.starts_with("h=") ? tags.substr(2) : tags;
        row.time_s = std::stoll(time);
        if (!value.empty()) row.value = std::stod(value);
        rows.push_back(std::move(row));
    }
    return rows;
}

std::int64_t floor_to(std::int64_t time, std::int64_t step, std::int64_t offset) {
    const std::int64_t into = ((time - offset) % step + step) % step;
    return time - into;
}

// What a function makes of the points of a window, in the order of their times.
std::optional<double> computed(const std::string& function, std::vector<ModelPoint> points) {
    if (points.empty()) return std::nullopt;
    std::sort(points.begin(), points.end(),
              [](const ModelPoint& a, const ModelPoint& b) { return a.time_s < b.time_s; });
    double sum = 0;
    double least = points[0].value;
    double most = points[0].value;
    for (const ModelPoint& point : points) {
        sum += point.value;
        least = std::min(least, point.value);
        most = std::max(most, point.value);
    }
    if (function == "count") return static_cast<double>(points.size());
    if (function == "sum") return sum;
    if (function == "mean") return sum / static_cast<double>(points.size());
    if (function == "min") return least;
    if (function == "max") return most;
    if (function == "spread") return most - least;
    return function == "first" ? points.front().value : points.back().value;
}

class SelectModel : public testing::Test {
protected:
    void make_points(std::uint64_t seed) {
        random_ = Random(seed);
        points_.clear();
        cores_ = static_cast<std::uint32_t>(1 + random_.below(3));
        auto source = std::make_unique<MemorySource>(cores_);
        std::int64_t time = random_.between(-40, 0);
        const std::uint64_t count = random_.below(60);
        for (std::uint64_t i = 0; i < count; ++i) {
            time += 1 + static_cast<std::int64_t>(random_.below(random_.chance(0.1) ? 40 : 4));
            ModelPoint point{std::string(1, static_cast<char>('a' + random_.below(3))), time,
                             static_cast<double>(random_.between(-20, 20)) / 2};
            // A second tag makes several series of one group, on any cores.
            std::vector<model::Tag> tags = {{"h", point.h}};
            if (random_.chance(0.5)) tags.push_back({"r", std::to_string(random_.below(2))});
            source->add_point(static_cast<std::uint32_t>(random_.below(cores_)), "m", tags,
                              {float_field("v", point.value)}, time * kSecondNs);
            points_.push_back(std::move(point));
        }
        last_s_ = time + 5;
        executor_ = std::make_unique<StatementExecutor>(std::move(source));
    }

    std::vector<ModelPoint> within(std::int64_t begin, std::int64_t end,
                                   const std::string& h) const {
        std::vector<ModelPoint> found;
        for (const ModelPoint& point : points_) {
            if (point.time_s >= begin && point.time_s < end && (h.empty() || point.h == h)) {
                found.push_back(point);
            }
        }
        return found;
    }

    static std::string bounds(std::int64_t begin, std::int64_t end) {
        return " WHERE time >= " + std::to_string(begin) + "s AND time < " + std::to_string(end) +
               "s";
    }

    Random random_{0};
    std::uint32_t cores_ = 1;
    std::vector<ModelPoint> points_;
    std::int64_t last_s_ = 0;
    std::unique_ptr<StatementExecutor> executor_;
};

TEST_F(SelectModel, RowsInEachDirectionWithConditionsAndLimits) {
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        make_points(seed);
        for (int i = 0; i < 10; ++i) {
            const std::int64_t begin = random_.between(-50, last_s_);
            const std::int64_t end = begin + random_.between(0, 80);
            const auto bound = static_cast<double>(random_.between(-8, 8)) / 2;
            const bool has_condition = random_.chance(0.5);
            const bool descending = random_.chance(0.5);
            const bool by_tag = random_.chance(0.5);
            const std::size_t limit = random_.below(5);
            const std::size_t offset = random_.below(4);
            std::ostringstream statement;
            statement << "SELECT v FROM m" << bounds(begin, end);
            if (has_condition) statement << " AND v > " << bound;
            if (by_tag) statement << " GROUP BY h";
            if (descending) statement << " ORDER BY time DESC";
            if (limit != 0) statement << " LIMIT " << limit;
            if (offset != 0) statement << " OFFSET " << offset;

            std::vector<ModelRow> expected;
            std::vector<std::string> groups =
                by_tag ? std::vector<std::string>{"a", "b", "c"} : std::vector<std::string>{""};
            if (descending) std::reverse(groups.begin(), groups.end());
            for (const std::string& h : groups) {
                std::vector<ModelRow> rows;
                for (const ModelPoint& point : within(begin, end, h)) {
                    if (!has_condition || point.value > bound) {
                        rows.push_back({h, point.time_s, point.value});
                    }
                }
                if (descending) std::reverse(rows.begin(), rows.end());
                rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(
                                                            std::min(offset, rows.size())));
                if (limit != 0 && rows.size() > limit) rows.resize(limit);
                expected.insert(expected.end(), rows.begin(), rows.end());
            }
            ASSERT_EQ(text_of(asked(*executor_, statement.str())), text_of(expected))
                << statement.str() << ", seed " << seed;
        }
    }
}

// fill() of one group: what stands in a window that no point fell into.
void fill_gaps(std::vector<ModelRow>& rows, const std::string& fill, bool is_count,
               std::int64_t step) {
    const std::vector<ModelRow> found = rows;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (found[i].value) continue;
        std::size_t before = i;
        while (before > 0 && !found[before].value) --before;
        std::size_t after = i;
        while (after + 1 < found.size() && !found[after].value) ++after;
        const bool has_before = found[before].value.has_value();
        const bool has_after = found[after].value.has_value();
        if (fill == "null" && is_count) rows[i].value = 0;
        if (fill == "7") rows[i].value = 7;
        if (fill == "previous" && has_before) rows[i].value = found[before].value;
        if (fill == "linear" && has_before && has_after) {
            // InfluxDB counts windows by dividing their times, which rounds towards zero: with an
            // offset, two windows around 1970 have one number.
            const std::int64_t from = found[before].time_s / step;
            const std::int64_t to = found[after].time_s / step;
            const double slope =
                (*found[after].value - *found[before].value) / static_cast<double>(to - from);
            rows[i].value =
                *found[before].value + slope * static_cast<double>(rows[i].time_s / step - from);
        }
    }
    if (fill == "none") std::erase_if(rows, [](const ModelRow& row) { return !row.value; });
}

TEST_F(SelectModel, WindowsOfEachFunctionFilledInEachWay) {
    constexpr const char* kFunctions[] = {"count", "sum",    "mean",  "min",
                                          "max",   "spread", "first", "last"};
    constexpr const char* kFills[] = {"null", "none", "7", "previous", "linear"};
    for (std::uint64_t seed = 1000; seed <= 1400; ++seed) {
        make_points(seed);
        for (int i = 0; i < 12; ++i) {
            const std::string function = kFunctions[random_.below(std::size(kFunctions))];
            const std::string fill = kFills[random_.below(std::size(kFills))];
            // Between integers linear() is one, and rounded: tests/compat has that.
            if (function == "count" && fill == "linear") continue;
            const std::int64_t step = 1 + static_cast<std::int64_t>(random_.below(15));
            const std::int64_t offset =
                static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(step)));
            const std::int64_t begin = random_.between(-50, last_s_);
            const std::int64_t end = begin + 1 + random_.between(0, 80);
            const bool by_tag = random_.chance(0.5);
            std::ostringstream statement;
            statement << "SELECT " << function << "(v) FROM m" << bounds(begin, end)
                      << " GROUP BY time(" << step << "s," << offset << "s)"
                      << (by_tag ? ", h" : "") << " fill(" << fill << ")";

            std::vector<ModelRow> expected;
            for (const std::string& h :
                 by_tag ? std::vector<std::string>{"a", "b", "c"} : std::vector<std::string>{""}) {
                if (within(begin, end, h).empty()) continue;
                std::vector<ModelRow> rows;
                for (std::int64_t at = floor_to(begin, step, offset); at < end; at += step) {
                    rows.push_back({h, at,
                                    computed(function, within(std::max(at, begin),
                                                              std::min(at + step, end), h))});
                }
                fill_gaps(rows, fill, function == "count", step);
                expected.insert(expected.end(), rows.begin(), rows.end());
            }
            ASSERT_EQ(text_of(asked(*executor_, statement.str())), text_of(expected))
                << statement.str() << ", seed " << seed << ", cores " << cores_;
        }
    }
}

TEST_F(SelectModel, ASelectOfASelectIsTheOuterOneOfTheInnerOnesRows) {
    for (std::uint64_t seed = 2000; seed <= 2300; ++seed) {
        make_points(seed);
        const std::int64_t inner = 1 + static_cast<std::int64_t>(random_.below(5));
        const std::int64_t outer = inner * (1 + static_cast<std::int64_t>(random_.below(4)));
        const std::int64_t begin = floor_to(random_.between(-50, last_s_), outer, 0);
        const std::int64_t end = begin + outer * (1 + static_cast<std::int64_t>(random_.below(8)));
        std::ostringstream statement;
        statement << "SELECT sum(x) FROM (SELECT max(v) AS x FROM m" << bounds(begin, end)
                  << " GROUP BY time(" << inner << "s), h fill(none))" << bounds(begin, end)
                  << " GROUP BY time(" << outer << "s) fill(none)";
        std::vector<ModelRow> expected;
        for (std::int64_t at = begin; at < end; at += outer) {
            std::optional<double> sum;
            for (std::int64_t part = at; part < at + outer; part += inner) {
                for (const char* h : {"a", "b", "c"}) {
                    const auto most = computed("max", within(part, part + inner, h));
                    if (most) sum = sum.value_or(0) + *most;
                }
            }
            if (sum) expected.push_back({"", at, sum});
        }
        ASSERT_EQ(text_of(asked(*executor_, statement.str())), text_of(expected))
            << statement.str() << ", seed " << seed;
    }
}

// The whole range as one window, and the same range cut in two, say the same.
TEST_F(SelectModel, CountsAndSumsOfPartsAddUp) {
    for (std::uint64_t seed = 3000; seed <= 3200; ++seed) {
        make_points(seed);
        const auto total = [&](const std::string& call, std::int64_t begin, std::int64_t end) {
            const auto rows = asked(*executor_, "SELECT " + call + " FROM m" + bounds(begin, end));
            return rows.empty() ? 0.0 : rows[0].value.value_or(0);
        };
        const std::int64_t middle = random_.between(-50, last_s_);
        for (const std::string call : {"count(v)", "sum(v)"}) {
            ASSERT_EQ(total(call, -100, middle) + total(call, middle, last_s_ + 1),
                      total(call, -100, last_s_ + 1))
                << call << ", seed " << seed;
        }
    }
}

}  // namespace
}  // namespace sluice::query
