#include "query/statements/span_tree.h"

namespace sluice::query {
namespace {

std::string branch(const std::string& indent, bool is_last, const std::string& text) {
    return indent + (is_last ? "\u2514\u2500\u2500 " : "\u251c\u2500\u2500 ") + text;
}

std::string below(const std::string& indent, bool is_last) {
    return indent + (is_last ? "    " : "\u2502   ");
}

}  // namespace

std::vector<std::string> Span::lines() const {
    std::vector<std::string> lines{"."};
    draw("", true, lines);
    return lines;
}

// `left` counts what is still to be drawn below this node: the last of it has another branch.
void Span::draw(const std::string& indent, bool is_last, std::vector<std::string>& lines) const {
    lines.push_back(branch(indent, is_last, name_));
    const std::string inner = below(indent, is_last);
    std::size_t left = (labels_.empty() ? 0 : 1) + figures_.size() + children_.size();
    if (!labels_.empty()) {
        const bool last = --left == 0;
        lines.push_back(branch(inner, last, "labels"));
        for (std::size_t i = 0; i < labels_.size(); ++i) {
            lines.push_back(branch(below(inner, last), i + 1 == labels_.size(),
                                   labels_[i].first + ": " + labels_[i].second));
        }
    }
    for (const auto& [name, value] : figures_) {
        lines.push_back(branch(inner, --left == 0, name + ": " + value));
    }
    for (const auto& child : children_) child->draw(inner, --left == 0, lines);
}

}  // namespace sluice::query
