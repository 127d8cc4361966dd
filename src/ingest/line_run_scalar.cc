// This is the fast path of the line parser in plain C++, for processors without such vectors and as
// the measure of the others.
#include <bit>
#include <cstring>

#include "ingest/digits.h"
#include "ingest/line_run.h"
#include "ingest/number_text.h"
#include "ingest/series_text.h"
#include "sluice/base/bytes.h"
#include "sluice/base/hash.h"

namespace sluice::ingest {
namespace scalar {

struct Kernel {
    static bool equal(const char* a, const char* b, std::size_t size) {
        return std::memcmp(a, b, size) == 0;
    }
    static bool matches(const char* at, const ShapeField& field) {
        return std::memcmp(
                   at, field.head,
                   field.size < ShapeField::kHeadBytes ? field.size : ShapeField::kHeadBytes) == 0;
    }
    static const char* find_key_end(const char* at, const char* limit) {
        while (at < limit && *at != ' ' && *at != '\\' && *at != '\n') ++at;
        return at;
    }
    static const char* find_string_end(const char* at, const char* limit) {
        while (at < limit && *at != '"' && *at != '\\') ++at;
        return at;
    }
};

inline bool matches_long(const char* at, const char* limit, const ShapeField& field) {
    return field.size < static_cast<std::size_t>(limit - at) &&
           std::memcmp(at, field.bytes, field.size) == 0;
}

#include "ingest/line_run_body.h"

}  // namespace scalar

LineRun::Stop run_lines_scalar(LineRun& run) {
    return scalar::run_lines(run);
}

}  // namespace sluice::ingest
