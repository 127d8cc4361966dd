#include "server/prometheus/read_answer.h"

#include <gtest/gtest.h>

#include <protozero/pbf_reader.hpp>

namespace sluice::server {
namespace {

using protozero::pbf_reader;

// A tag is asked for before the value is taken: a reader knows neither afterwards.
std::string shown_label(pbf_reader label) {
    std::string text;
    while (label.next()) {
        const bool is_name = label.tag() == 1;
        text += label.get_string() + (is_name ? "=" : ",");
    }
    return text;
}

std::string shown_sample(pbf_reader sample) {
    double value = 0;
    std::int64_t time_ms = 0;
    while (sample.next()) {
        if (sample.tag() == 1) {
            value = sample.get_double();
        } else {
            time_ms = sample.get_int64();
        }
    }
    return " " + std::to_string(time_ms) + ":" + std::to_string(value).substr(0, 4);
}

std::string shown_series(pbf_reader series) {
    std::string labels;
    std::string samples;
    while (series.next()) {
        if (series.tag() == 1) {
            labels += shown_label(series.get_message());
        } else {
            samples += shown_sample(series.get_message());
        }
    }
    return "{" + labels + "}" + samples;
}

// Every series of the one result.
std::vector<std::string> shown(const std::string& message) {
    std::vector<std::string> series;
    pbf_reader response(message);
    EXPECT_TRUE(response.next(1));
    pbf_reader result = response.get_message();
    while (result.next(1)) series.push_back(shown_series(result.get_message()));
    EXPECT_FALSE(response.next());
    return series;
}

TEST(ReadAnswer, SeriesGoOnInTheNextDocument) {
    const NameFilter all;
    ReadAnswer answer(all);
    ASSERT_TRUE(answer
                    .add(R"({"results":[{"statement_id":0,"series":[
        {"name":"m","tags":{"__name__":"m","a":"1","b":""},"columns":["time","value"],
         "values":[[10,1.5],[20,2]],"partial":true}],"partial":true}]})")
                    .ok());
    ASSERT_TRUE(answer
                    .add(R"({"results":[{"statement_id":0,"series":[
        {"name":"m","tags":{"__name__":"m","a":"1","b":""},"columns":["time","value"],"values":[[30,-3]]},
        {"name":"m","tags":{"__name__":"m","a":"2","b":""},"columns":["time","value"],
         "values":[[10,"text"],[20,null],[30,4]]},
        {"name":"n","columns":["time","value"],"values":[[10,true]]}]}]})")
                    .ok());
    EXPECT_EQ(answer.samples(), 4u);
    EXPECT_EQ(shown(answer.finish()),
              (std::vector<std::string>{"{__name__=m,a=1,} 10:1.50 20:2.00 30:-3.0",
                                        "{__name__=m,a=2,} 30:4.00"}));
}

TEST(ReadAnswer, NothingFoundIsAnEmptyResult) {
    const NameFilter all;
    ReadAnswer answer(all);
    ASSERT_TRUE(answer.add(R"({"results":[{"statement_id":0}]})").ok());
    EXPECT_EQ(answer.finish(), std::string("\x0A\0", 2));
}

TEST(ReadAnswer, FilteredNamesAreLeftOut) {
    NameFilter filter;
    ASSERT_TRUE(filter.add({RemoteMatcher::Kind::kNotEqual, "__name__", "m"}).ok());
    ReadAnswer answer(filter);
    ASSERT_TRUE(answer
                    .add(R"({"results":[{"series":[
        {"name":"m","columns":["time","value"],"values":[[10,1]]},
        {"name":"n","columns":["time","value"],"values":[[10,2]]}]}]})")
                    .ok());
    EXPECT_EQ(shown(answer.finish()), (std::vector<std::string>{"{} 10:2.00"}));
}

TEST(ReadAnswer, AnErrorOfTheStatementIsTheError) {
    const NameFilter all;
    ReadAnswer answer(all);
    EXPECT_EQ(answer.add(R"({"results":[{"statement_id":0,"error":"database not found: d"}]})")
                  .error()
                  .message,
              "database not found: d");
    EXPECT_FALSE(answer.add("no JSON").ok());
}

}  // namespace
}  // namespace sluice::server
