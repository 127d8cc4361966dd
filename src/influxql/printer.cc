// This file prints expressions, sources and SELECT.
#include "sluice/influxql/printer.h"

#include <charconv>
#include <cmath>

#include "influxql/printer_parts.h"
#include "influxql/token.h"
#include "sluice/influxql/duration.h"
#include "sluice/influxql/time_literal.h"

namespace sluice::influxql {
namespace {

std::string escape(std::string_view text, char quote) {
    std::string out;
    out.reserve(text.size() + 2);
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '\\' || c == quote) out += '\\';
        out += c;
    }
    return out;
}

void append(const Expr& expr, std::string& out);
void append_list(const std::vector<Expr>& exprs, std::string& out);

// The slash is the one character that is escaped: the scanner takes off just that.
std::string regex_text(const Regex& regex) {
    std::string out = "/";
    for (const char c : regex.pattern()) {
        if (c == '/') out += '\\';
        out += c;
    }
    return out + "/";
}

// strconv.FormatFloat(value, 'f', digits, 64). The largest double has 309 digits before the point.
std::string fixed_number(double value, int digits) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    char text[400];
    const auto result =
        std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, digits);
    return {text, result.ptr};
}

// Appends to one text, so that a deep tree is written in time linear in its size.
struct ExprPrinter {
    std::string& out;

    void operator()(const VarRef& ref) const {
        out += quote_identifier(ref.name);
        if (ref.type == DataType::kUnknown) return;
        out += "::";
        out += data_type_name(ref.type);
    }
    void operator()(const Call& call) const {
        // DISTINCT is a keyword that may be called.
        out += call.name == "distinct" ? call.name : quote_identifier(call.name);
        out += '(';
        append_list(call.arguments, out);
        out += ')';
    }
    void operator()(const BinaryExpr& binary) const {
        append(*binary.left, out);
        out += ' ';
        out += operator_text(binary.op);
        out += ' ';
        append(*binary.right, out);
    }
    void operator()(const ParenExpr& paren) const {
        out += '(';
        append(*paren.inner, out);
        out += ')';
    }
    void operator()(const NumberLiteral& number) const { out += fixed_number(number.value, 3); }
    void operator()(const IntegerLiteral& integer) const { out += std::to_string(integer.value); }
    void operator()(const UnsignedLiteral& integer) const { out += std::to_string(integer.value); }
    void operator()(const BooleanLiteral& boolean) const {
        out += boolean.value ? "true" : "false";
    }
    void operator()(const StringLiteral& text) const { out += quote_string(text.value); }
    void operator()(const DurationLiteral& duration) const {
        out += format_duration(duration.nanoseconds);
    }
    void operator()(const TimeLiteral& time) const {
        out += '\'';
        out += format_rfc3339(time.seconds, time.nanoseconds);
        out += '\'';
    }
    void operator()(const RegexLiteral& regex) const { out += regex_text(regex.regex); }
    void operator()(const ListLiteral& list) const {
        out += '(';
        for (const std::string& value : list.values) {
            if (&value != &list.values.front()) out += ", ";
            out += quote_identifier(value);
        }
        out += ')';
    }
    void operator()(const Wildcard& wildcard) const {
        out += '*';
        if (wildcard.kind == WildcardKind::kFields) out += "::field";
        if (wildcard.kind == WildcardKind::kTags) out += "::tag";
    }
    void operator()(const Distinct& distinct) const {
        out += "DISTINCT ";
        out += quote_identifier(distinct.name);
    }
};

void append(const Expr& expr, std::string& out) {
    std::visit(ExprPrinter{out}, expr.node);
}

void append_list(const std::vector<Expr>& exprs, std::string& out) {
    for (const Expr& expr : exprs) {
        if (&expr != &exprs.front()) out += ", ";
        append(expr, out);
    }
}

std::string_view fill_text(FillOption fill) {
    switch (fill) {
        case FillOption::kNone:
            return "none";
        case FillOption::kPrevious:
            return "previous";
        case FillOption::kLinear:
            return "linear";
        default:
            return "null";
    }
}

std::string fill_clause(const SelectStatement& select) {
    if (select.fill == FillOption::kNull) return {};
    if (select.fill != FillOption::kNumber) {
        return " fill(" + std::string(fill_text(select.fill)) + ")";
    }
    if (const auto* integer = std::get_if<std::int64_t>(&select.fill_value)) {
        return " fill(" + std::to_string(*integer) + ")";
    }
    char text[32];
    const auto result =
        std::to_chars(text, text + sizeof text, std::get<double>(select.fill_value));
    return " fill(" + std::string(text, result.ptr) + ")";
}

}  // namespace

std::string quote_string(std::string_view text) {
    return "'" + escape(text, '\'') + "'";
}

bool identifier_needs_quotes(std::string_view name) {
    if (lookup_keyword(name) != Token::kIdent) return true;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9')) return true;
    }
    return false;
}

std::string quote_identifier(std::string_view name) {
    if (!name.empty() && !identifier_needs_quotes(name)) return std::string(name);
    return "\"" + escape(name, '"') + "\"";
}

// An empty segment in the middle is a policy that was left out: "db..m".
std::string quote_segments(const std::vector<std::string>& segments) {
    std::string out;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const bool first = i == 0;
        const bool last = i + 1 == segments.size();
        const std::string& segment = segments[i];
        const bool quote = identifier_needs_quotes(segment) || (!last && !segment.empty()) ||
                           ((first || last) && segment.empty());
        out += quote ? "\"" + escape(segment, '"') + "\"" : segment;
        if (!last) out += '.';
    }
    return out;
}

std::string to_string(const Expr& expr) {
    std::string out;
    append(expr, out);
    return out;
}

// A database without a policy prints two dots, since the policy's place has to be kept.
std::string to_string(const Measurement& measurement) {
    std::string out;
    if (!measurement.database.empty()) out += quote_identifier(measurement.database) + ".";
    if (!measurement.retention_policy.empty())
        out += quote_identifier(measurement.retention_policy);
    if (!out.empty()) out += '.';
    return out + (measurement.regex ? regex_text(*measurement.regex)
                                    : quote_identifier(measurement.name));
}

std::string to_string(const Source& source) {
    if (const Measurement* measurement = source.measurement()) return to_string(*measurement);
    return "(" + to_string(*source.subquery()) + ")";
}

std::string print_sources(const std::vector<Source>& sources) {
    std::string out;
    for (const Source& source : sources) {
        if (&source != &sources.front()) out += ", ";
        out += to_string(source);
    }
    return out;
}

std::string print_regex(const Regex& regex) {
    return regex_text(regex);
}

std::string print_dimensions(const std::vector<Expr>& dimensions) {
    if (dimensions.empty()) return {};
    std::string out = " GROUP BY ";
    append_list(dimensions, out);
    return out;
}

std::string print_order(const std::vector<SortField>& fields) {
    if (fields.empty()) return {};
    std::string out = " ORDER BY ";
    if (!fields[0].name.empty()) out += fields[0].name + " ";
    return out + (fields[0].ascending ? "ASC" : "DESC");
}

std::string print_number(std::string_view keyword, std::int64_t value) {
    return value > 0 ? " " + std::string(keyword) + " " + std::to_string(value) : std::string();
}

namespace {

std::string target_text(const Measurement& target) {
    std::string text = to_string(target);
    if (!target.name.empty()) return text;
    // An empty name stands for the name of the source; it prints as two quotes.
    text.resize(text.size() - 2);
    return text + ":MEASUREMENT";
}

}  // namespace

std::string to_string(const SelectStatement& select) {
    std::string out = "SELECT ";
    for (const Field& field : select.fields) {
        if (&field != &select.fields.front()) out += ", ";
        append(field.expr, out);
        if (!field.alias.empty()) out += " AS " + quote_identifier(field.alias);
    }
    if (select.target) out += " INTO " + target_text(*select.target);
    out += " FROM " + print_sources(select.sources);
    if (select.condition) out += " WHERE " + to_string(*select.condition);
    out += print_dimensions(select.dimensions);
    out += fill_clause(select);
    out += print_order(select.sort_fields);
    out += print_number("LIMIT", select.limit);
    out += print_number("OFFSET", select.offset);
    out += print_number("SLIMIT", select.series_limit);
    out += print_number("SOFFSET", select.series_offset);
    if (!select.time_zone.empty()) out += " TZ(" + quote_string(select.time_zone) + ")";
    return out;
}

}  // namespace sluice::influxql
