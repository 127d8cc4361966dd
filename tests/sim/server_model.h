// The databases of a simulated server, as its clients know them: an EngineModel whose databases are
// pairs of a database and a retention policy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine_model.h"
#include "sluice/base/random.h"
#include "sluice/base/units.h"

namespace sluice::server {

inline constexpr const char* kDatabases[] = {"alpha", "beta"};
inline constexpr const char* kPolicies[] = {"autogen", "other"};
inline constexpr const char* kMeasurements[] = {"cpu", "mem x", "disk"};
// Hours of 2023, the first of them that of the simulated clock.
inline constexpr model::Timestamp kBase = 1'699'999'200 * kSecondNs;

inline std::string place_name(std::string_view database, std::string_view policy) {
    return std::string(database) + "." + std::string(policy);
}

// Points of one request, and the lines that they are.
struct DrawnLines {
    std::vector<std::uint64_t> serials;
    std::string text;
};

DrawnLines draw_lines(Random& random, engine::EngineModel& model, const std::string& database,
                      const std::string& policy, std::uint64_t lines, std::uint64_t hours);

// A value of an answer, with what says which point it is.
struct FoundValue {
    std::string measurement;
    std::string series;
    model::Timestamp time = 0;
    std::string field;
    model::FieldType type = model::FieldType::kFloat;
    std::uint64_t value = 0;
};

struct FoundAnswer {
    bool well_formed = false;
    std::string error;  // the first of any statement
    std::vector<FoundValue> values;
    std::vector<std::vector<std::string>> rows;  // of answers without GROUP BY *: as text
};

// Reads an answer in JSON, in one document or in several.
FoundAnswer read_answer(const std::string& body);

}  // namespace sluice::server
