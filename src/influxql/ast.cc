#include "sluice/influxql/ast.h"

#include <algorithm>

namespace sluice::influxql {

bool SelectStatement::is_raw() const {
    bool raw = true;
    for (const Field& field : fields) {
        walk(field.expr, [&](const Expr& expr) { raw = raw && !expr.is<Call>(); });
    }
    return raw;
}

bool TagKeyFilter::accepts(std::string_view key) const {
    switch (kind) {
        case Kind::kIn:
        case Kind::kEqual:
            return std::find(keys.begin(), keys.end(), key) != keys.end();
        case Kind::kNotEqual:
            return keys[0] != key;
        case Kind::kMatches:
            return regex->matches(key);
        case Kind::kNotMatches:
            return !regex->matches(key);
    }
    return false;
}

}  // namespace sluice::influxql
