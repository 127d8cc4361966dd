#include "server_model.h"

#include <simdjson.h>

#include <cstdlib>

#include "sluice/model/series_key.h"

namespace sluice::server {
namespace {

namespace dom = simdjson::dom;

std::string as_text(const dom::element& element) {
    if (element.is_string()) return std::string(std::string_view(element));
    return simdjson::minify(element);
}

// Fields are named by their type, so that one type each is left.
model::FieldType type_of(std::string_view field) {
    return field == "i"   ? model::FieldType::kInteger
           : field == "s" ? model::FieldType::kString
                          : model::FieldType::kFloat;
}

std::string series_key(std::string_view measurement, const dom::object& series) {
    std::vector<model::Tag> tags;
    dom::object named;
    if (series["tags"].get(named) == simdjson::SUCCESS) {
        for (const auto& [key, value] : named) {
            const std::string text = as_text(value);
            if (!text.empty()) tags.push_back({std::string(key), text});
        }
    }
    return model::make_series_key(measurement, tags);
}

void read_series(const dom::object& series, FoundAnswer& found) {
    std::string_view name;
    if (series["name"].get(name) != simdjson::SUCCESS) name = {};
    const std::string key = series_key(name, series);
    std::vector<std::string> columns;
    dom::array listed;
    if (series["columns"].get(listed) != simdjson::SUCCESS) return;
    for (const dom::element column : listed) columns.push_back(as_text(column));
    dom::array rows;
    if (series["values"].get(rows) != simdjson::SUCCESS) return;
    for (const dom::element each : rows) {
        dom::array row;
        if (each.get(row) != simdjson::SUCCESS) continue;
        std::vector<std::string> texts;
        for (const dom::element value : row) texts.push_back(as_text(value));
        for (std::size_t i = 1; i < texts.size() && columns[0] == "time"; ++i) {
            if (texts[i] == "null") continue;
            FoundValue value;
            value.measurement = name;
            value.series = key;
            value.time = std::strtoll(texts[0].c_str(), nullptr, 10);
            value.field = columns[i];
            value.type = type_of(columns[i]);
            value.value = static_cast<std::uint64_t>(std::strtod(texts[i].c_str(), nullptr));
            found.values.push_back(std::move(value));
        }
        found.rows.push_back(std::move(texts));
    }
}

bool read_document(dom::parser& parser, std::string_view text, FoundAnswer& found) {
    dom::element document;
    if (parser.parse(text.data(), text.size()).get(document) != simdjson::SUCCESS) return false;
    std::string_view error;
    if (document["error"].get(error) == simdjson::SUCCESS) found.error = error;
    dom::array results;
    if (document["results"].get(results) != simdjson::SUCCESS) return !found.error.empty();
    for (const dom::element result : results) {
        if (found.error.empty() && result["error"].get(error) == simdjson::SUCCESS) {
            found.error = error;
        }
        dom::array series;
        if (result["series"].get(series) != simdjson::SUCCESS) continue;
        for (const dom::element each : series) {
            dom::object object;
            if (each.get(object) == simdjson::SUCCESS) read_series(object, found);
        }
    }
    return true;
}

}  // namespace

DrawnLines draw_lines(Random& random, engine::EngineModel& model, const std::string& database,
                      const std::string& policy, std::uint64_t lines, std::uint64_t hours) {
    DrawnLines drawn;
    for (std::uint64_t i = 0; i < lines; ++i) {
        engine::SentPoint point;
        point.database = place_name(database, policy);
        point.measurement = kMeasurements[random.below(3)];
        model::append_escaped_measurement(point.series, point.measurement);
        point.series += ",host=h" + std::to_string(random.below(4));
        for (const char* field : {"f", "i", "s"}) {
            if (random.below(2) == 0) point.fields.emplace_back(field, type_of(field));
        }
        if (point.fields.empty()) point.fields.emplace_back("f", model::FieldType::kFloat);
        const std::string series = point.series;
        const auto fields = point.fields;
        const auto base = kBase + static_cast<model::Timestamp>(random.below(hours)) * kHourNs;
        const std::uint64_t serial = model.send(std::move(point), base);
        const std::string value = std::to_string(serial);
        drawn.text += series;
        for (std::size_t k = 0; k < fields.size(); ++k) {
            drawn.text += (k == 0 ? " " : ",") + fields[k].first + "=";
            drawn.text += fields[k].first == "s"   ? "\"" + value + "\""
                          : fields[k].first == "i" ? value + "i"
                                                   : value;
        }
        drawn.text += " " + std::to_string(base + static_cast<model::Timestamp>(serial)) + "\n";
        drawn.serials.push_back(serial);
    }
    return drawn;
}

FoundAnswer read_answer(const std::string& body) {
    FoundAnswer found;
    dom::parser parser;
    std::size_t begin = 0;
    while (begin < body.size()) {
        std::size_t end = body.find('\n', begin);
        if (end == std::string::npos) end = body.size();
        const std::string_view document = std::string_view(body).substr(begin, end - begin);
        if (!document.empty() && !read_document(parser, document, found)) return found;
        begin = end + 1;
    }
    found.well_formed = !body.empty();
    return found;
}

}  // namespace sluice::server
