// This file decides which format an Accept header asks for.
#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "sluice/query/answer_format.h"

namespace sluice::query {
namespace {

struct OfferedType {
    std::string_view full;
    AnswerFormat format;
};
// The formats, in the order in which a wildcard finds them.
constexpr OfferedType kOfferedTypes[] = {{"application/json", AnswerFormat::kJson},
                                         {"application/csv", AnswerFormat::kCsv},
                                         {"text/csv", AnswerFormat::kTextCsv},
                                         {"application/x-msgpack", AnswerFormat::kMsgpack}};

std::string_view without_blanks(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// One part of an Accept header: "text/*;q=0.5".
struct MediaRange {
    std::string type;  // lower case, as is the other
    std::string subtype;
    double weight = 1;
};

MediaRange parse_media_range(std::string_view text) {
    MediaRange range;
    const std::size_t end = text.find(';');
    std::string name(without_blanks(text.substr(0, end)));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const std::size_t slash = name.find('/');
    range.type = name.substr(0, slash);
    range.subtype = slash == std::string::npos ? range.type : name.substr(slash + 1);
    std::string_view rest = end == std::string_view::npos ? std::string_view() : text.substr(end);
    while (!rest.empty()) {
        rest.remove_prefix(1);
        const std::size_t next = std::min(rest.find(';'), rest.size());
        const std::string_view parameter = without_blanks(rest.substr(0, next));
        rest.remove_prefix(next);
        if (!parameter.starts_with("q=")) continue;
        range.weight = 0;
        std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), range.weight);
    }
    return range;
}

std::optional<AnswerFormat> format_in(const MediaRange& range) {
    for (const OfferedType& offered : kOfferedTypes) {
        const std::size_t slash = offered.full.find('/');
        if (range.type != "*" && range.type != offered.full.substr(0, slash)) continue;
        if (range.subtype != "*" && range.subtype != offered.full.substr(slash + 1)) continue;
        return offered.format;
    }
    return std::nullopt;
}

}  // namespace

// Of ranges with one weight the first wins. A header that names nothing that is offered is answered
// in JSON, as InfluxDB does, and not refused.
AnswerFormat answer_format_of(std::string_view accept_header) {
    AnswerFormat best = AnswerFormat::kJson;
    double best_weight = -1;
    while (!accept_header.empty()) {
        const std::size_t comma = accept_header.find(',');
        const MediaRange range = parse_media_range(accept_header.substr(0, comma));
        accept_header.remove_prefix(comma == std::string_view::npos ? accept_header.size()
                                                                    : comma + 1);
        const auto format = format_in(range);
        if (!format || range.weight <= best_weight) continue;
        best = *format;
        best_weight = range.weight;
    }
    return best;
}

std::string_view content_type_of(AnswerFormat format) {
    for (const OfferedType& offered : kOfferedTypes) {
        if (offered.format == format) return offered.full;
    }
    return kOfferedTypes[0].full;
}

}  // namespace sluice::query
