#include "sluice/model/series_predicate.h"

#include <algorithm>
#include <map>

#include "sluice/base/check.h"

namespace sluice::model {
namespace {

using Kind = SeriesPredicate::Kind;

// Deeper than the parser of InfluxQL lets a condition be.
constexpr int kDepthMax = 2000;
// Fewer values are compared one by one.
constexpr std::size_t kSetValuesMin = 8;

std::string_view value_of(const SeriesName& series, std::string_view tag) {
    return tag == "_name" ? std::string_view(series.measurement) : series.tag_value(tag);
}

std::string quoted(std::string_view text, char quote) {
    std::string out(1, quote);
    for (const char c : text) {
        if (c == quote || (c == '\\' && quote != '/')) out += '\\';
        out += c;
    }
    return out + quote;
}

}  // namespace

SeriesPredicate::SeriesPredicate() {
    static const std::shared_ptr<const Node> all = std::make_shared<const Node>(Kind::kAll);
    node_ = all;
}

SeriesPredicate SeriesPredicate::none() {
    return SeriesPredicate(std::make_shared<const Node>(Kind::kNone));
}

SeriesPredicate SeriesPredicate::combine(Kind kind, std::vector<SeriesPredicate> parts) {
    const Kind decisive = kind == Kind::kAnd ? Kind::kNone : Kind::kAll;
    const Kind neutral = kind == Kind::kAnd ? Kind::kAll : Kind::kNone;
    auto node = std::make_shared<Node>(kind);
    for (SeriesPredicate& part : parts) {
        if (part.kind() == decisive) return part;
        if (part.kind() == neutral) continue;
        if (part.kind() == kind) {
            const auto& inner = part.node_->parts;
            node->parts.insert(node->parts.end(), inner.begin(), inner.end());
        } else {
            node->parts.push_back(std::move(part));
        }
    }
    if (node->parts.empty()) return kind == Kind::kAnd ? SeriesPredicate() : none();
    if (node->parts.size() == 1) return node->parts.front();
    node->gather_values();
    return SeriesPredicate(std::move(node));
}

void SeriesPredicate::Node::gather_values() {
    const Kind wanted = kind == Kind::kAnd ? Kind::kNotEqual : Kind::kEqual;
    std::map<std::string_view, std::vector<std::uint32_t>> by_tag;
    for (std::uint32_t i = 0; i < parts.size(); ++i) {
        const Node& part = *parts[i].node_;
        if (part.kind == wanted) {
            by_tag[part.tag].push_back(i);
        } else {
            others.push_back(i);
        }
    }
    for (const auto& [tag_name, places] : by_tag) {
        if (places.size() < kSetValuesMin) {
            others.insert(others.end(), places.begin(), places.end());
            continue;
        }
        ValueSet set;
        set.tag = tag_name;
        for (const std::uint32_t place : places) set.values.push_back(parts[place].node_->value);
        std::sort(set.values.begin(), set.values.end());
        sets.push_back(std::move(set));
    }
}

bool SeriesPredicate::Node::is_in_a_set(const SeriesName& series) const {
    return std::any_of(sets.begin(), sets.end(), [&](const ValueSet& set) {
        return std::binary_search(set.values.begin(), set.values.end(), value_of(series, set.tag));
    });
}

SeriesPredicate SeriesPredicate::compare(Kind kind, std::string tag, std::string value) {
    auto node = std::make_shared<Node>(kind);
    node->tag = std::move(tag);
    node->value = std::move(value);
    return SeriesPredicate(std::move(node));
}

SeriesPredicate SeriesPredicate::match(Kind kind, std::string tag, Regex regex) {
    auto node = std::make_shared<Node>(kind);
    node->tag = std::move(tag);
    node->value = regex.pattern();
    node->regex = std::make_shared<const Regex>(std::move(regex));
    return SeriesPredicate(std::move(node));
}

bool SeriesPredicate::matches(const SeriesName& series) const {
    const Node& node = *node_;
    const auto part_matches = [&](std::uint32_t part) { return node.parts[part].matches(series); };
    switch (node.kind) {
        case Kind::kAll:
            return true;
        case Kind::kNone:
            return false;
        case Kind::kAnd:
            return !node.is_in_a_set(series) &&
                   std::all_of(node.others.begin(), node.others.end(), part_matches);
        case Kind::kOr:
            return node.is_in_a_set(series) ||
                   std::any_of(node.others.begin(), node.others.end(), part_matches);
        case Kind::kEqual:
            return value_of(series, node.tag) == node.value;
        case Kind::kNotEqual:
            return value_of(series, node.tag) != node.value;
        case Kind::kMatches:
            return node.regex->matches(value_of(series, node.tag));
        case Kind::kNotMatches:
            return !node.regex->matches(value_of(series, node.tag));
        case Kind::kBothTags:
            return !series.tag_value(node.tag).empty() && !series.tag_value(node.value).empty();
        case Kind::kFirstTagOnly:
            return !series.tag_value(node.tag).empty() && series.tag_value(node.value).empty();
    }
    return false;
}

void SeriesPredicate::write(ByteWriter& out) const {
    const Node& node = *node_;
    out.write(static_cast<std::uint8_t>(node.kind));
    switch (node.kind) {
        case Kind::kAll:
        case Kind::kNone:
            return;
        case Kind::kAnd:
        case Kind::kOr:
            out.write_varint(node.parts.size());
            for (const SeriesPredicate& part : node.parts) part.write(out);
            return;
        default:
            out.write_text(node.tag);
            out.write_text(node.value);
    }
}

bool SeriesPredicate::read(ByteReader& in, SeriesPredicate& out) {
    return read_at(in, out, 0);
}

bool SeriesPredicate::read_at(ByteReader& in, SeriesPredicate& out, int depth) {
    const auto kind = static_cast<Kind>(in.read<std::uint8_t>());
    if (!in.ok() || depth > kDepthMax) return false;
    switch (kind) {
        case Kind::kAll:
            out = SeriesPredicate();
            return true;
        case Kind::kNone:
            out = none();
            return true;
        case Kind::kAnd:
        case Kind::kOr: {
            const std::uint64_t count = in.read_varint();
            // A part takes a byte at least: a damaged count cannot make us reserve memory.
            if (!in.ok() || count > in.remaining()) return false;
            std::vector<SeriesPredicate> parts;
            for (std::uint64_t i = 0; i < count; ++i) {
                SeriesPredicate part;
                if (!read_at(in, part, depth + 1)) return false;
                parts.push_back(std::move(part));
            }
            out = combine(kind, std::move(parts));
            return true;
        }
        case Kind::kEqual:
        case Kind::kNotEqual:
        case Kind::kBothTags:
        case Kind::kFirstTagOnly: {
            std::string tag(in.read_text());
            std::string value(in.read_text());
            out = compare(kind, std::move(tag), std::move(value));
            return in.ok();
        }
        case Kind::kMatches:
        case Kind::kNotMatches: {
            std::string tag(in.read_text());
            std::string pattern(in.read_text());
            if (!in.ok()) return false;
            Result<Regex> regex = Regex::compile(std::move(pattern));
            if (!regex.ok()) return false;
            out = match(kind, std::move(tag), std::move(*regex));
            return true;
        }
    }
    return false;
}

std::string SeriesPredicate::text() const {
    const Node& node = *node_;
    const std::string tag = quoted(node.tag, '"');
    switch (node.kind) {
        case Kind::kAll:
            return "true";
        case Kind::kNone:
            return "false";
        case Kind::kAnd:
        case Kind::kOr: {
            std::string joined;
            for (const SeriesPredicate& part : node.parts) {
                if (!joined.empty()) joined += node.kind == Kind::kAnd ? " AND " : " OR ";
                joined += part.text();
            }
            return "(" + joined + ")";
        }
        case Kind::kEqual:
            return tag + " = " + quoted(node.value, '\'');
        case Kind::kNotEqual:
            return tag + " != " + quoted(node.value, '\'');
        case Kind::kMatches:
            return tag + " =~ " + quoted(node.value, '/');
        case Kind::kNotMatches:
            return tag + " !~ " + quoted(node.value, '/');
        case Kind::kBothTags:
            return tag + " = " + quoted(node.value, '"');
        case Kind::kFirstTagOnly:
            return tag + " != " + quoted(node.value, '"');
    }
    return {};
}

}  // namespace sluice::model
