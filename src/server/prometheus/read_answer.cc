#include "server/prometheus/read_answer.h"

#include <simdjson.h>

#include <protozero/pbf_writer.hpp>

namespace sluice::server {
namespace {

using protozero::pbf_writer;
namespace dom = simdjson::dom;

Error unexpected() {
    return {ErrorKind::kCorrupt, "the answer of a query has another shape than expected"};
}

// The labels of a TimeSeries, from the tags of a series. As in InfluxDB, tags without a value are
// left out: with several measurements each series has the tags of all.
Result<std::string> labels_of(const dom::object& series) {
    std::string labels;
    pbf_writer writer(labels);
    dom::object tags;
    if (series["tags"].get(tags)) return labels;
    for (const auto& field : tags) {
        const std::string_view name = field.key;
        std::string_view value;
        if (field.value.get(value)) return unexpected();
        if (value.empty()) continue;
        pbf_writer label(writer, 1);
        label.add_string(1, name.data(), name.size());
        label.add_string(2, value.data(), value.size());
    }
    return labels;
}

}  // namespace

struct ReadAnswer::State {
    dom::parser parser;
    std::string result;  // the TimeSeries of the QueryResult, each with its tag
    bool is_open = false;
    std::string name;    // of the series that is open
    std::string labels;  // its labels
    std::string series;  // its labels and samples

    void close() {
        if (is_open) pbf_writer(result).add_message(1, series);
        is_open = false;
    }
};

ReadAnswer::ReadAnswer(const NameFilter& names)
    : names_(names), state_(std::make_unique<State>()) {}
ReadAnswer::~ReadAnswer() = default;

std::size_t ReadAnswer::bytes() const {
    return state_->result.size() + state_->series.size();
}

Result<void> ReadAnswer::add(std::string_view document) {
    dom::array results;
    if (state_->parser.parse(document.data(), document.size())["results"].get(results)) {
        return unexpected();
    }
    for (const dom::element result : results) {
        std::string_view error;
        if (!result["error"].get(error)) return Error{ErrorKind::kInvalid, std::string(error)};
        dom::array list;
        if (result["series"].get(list)) continue;  // nothing was found
        for (const dom::element each : list) {
            dom::object series;
            std::string_view name;
            dom::array rows;
            if (each.get(series) || series["name"].get(name) || series["values"].get(rows)) {
                return unexpected();
            }
            if (!names_.lets_pass(name)) continue;
            SLUICE_TRY(std::string labels, labels_of(series));
            if (!state_->is_open || state_->name != name || state_->labels != labels) {
                state_->close();
                state_->name = name;
                state_->series = labels;
                state_->labels = std::move(labels);
            }
            pbf_writer writer(state_->series);
            for (const dom::element row : rows) {
                std::int64_t time_ms = 0;
                double value = 0;
                if (row.at(0).get(time_ms)) return unexpected();
                // Text and truth values are nothing that Prometheus could read.
                if (row.at(1).get_double().get(value)) continue;
                pbf_writer sample(writer, 2);
                sample.add_double(1, value);
                sample.add_int64(2, time_ms);
                state_->is_open = true;
                ++samples_;
            }
        }
    }
    return {};
}

std::string ReadAnswer::finish() {
    state_->close();
    std::string message;
    pbf_writer(message).add_message(1, state_->result);
    return message;
}

}  // namespace sluice::server
