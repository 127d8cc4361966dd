// A Span is a node of a tree, with labels and figures. The tree is drawn as InfluxDB draws one in
// EXPLAIN ANALYZE:
//
//     .
//     └── select
//         ├── total_time: 1.5ms
//         └── core
//             └── labels
//                 └── number: 0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sluice::query {

class Span {
public:
    explicit Span(std::string name) : name_(std::move(name)) {}

    void label(std::string name, std::string value) {
        labels_.emplace_back(std::move(name), std::move(value));
    }
    void figure(std::string name, std::string value) {
        figures_.emplace_back(std::move(name), std::move(value));
    }
    Span& child(std::string name) {
        return *children_.emplace_back(std::make_unique<Span>(std::move(name)));
    }

    // The tree below the root ".", line by line.
    std::vector<std::string> lines() const;

private:
    void draw(const std::string& indent, bool is_last, std::vector<std::string>& lines) const;

    std::string name_;
    std::vector<std::pair<std::string, std::string>> labels_;
    std::vector<std::pair<std::string, std::string>> figures_;
    std::vector<std::unique_ptr<Span>> children_;
};

}  // namespace sluice::query
