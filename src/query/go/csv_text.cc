#include "query/go/csv_text.h"

namespace sluice::query {
namespace {

bool begins_with_blank(std::string_view field) {
    const char c = field[0];
    if (c == ' ' || (c >= '\t' && c <= '\r')) return true;
    // NEL, NBSP and the blanks of the General Punctuation block (unicode.IsSpace).
    for (const std::string_view blank :
         {"\u0085", "\u00A0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005",
          "\u2006", "\u2007", "\u2008", "\u2009", "\u200A", "\u2028", "\u2029", "\u202F", "\u205F",
          "\u3000"}) {
        if (field.starts_with(blank)) return true;
    }
    return false;
}

// encoding/csv: fieldNeedsQuotes. A field that is only \. would end a file for some databases.
bool needs_quotes(std::string_view field) {
    if (field.empty()) return false;
    if (field == "\\.") return true;
    return field.find_first_of(",\"\r\n") != std::string_view::npos || begins_with_blank(field);
}

}  // namespace

void append_csv_field(std::string& out, std::string_view field) {
    if (!needs_quotes(field)) {
        out += field;
        return;
    }
    out += '"';
    for (const char c : field) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

}  // namespace sluice::query
