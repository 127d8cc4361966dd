// This is the fast path of the line parser with vectors of 32 bytes. It is called only where the
// processor has AVX2, BMI and BMI2.
#include <bit>
#include <cstring>

#include "ingest/digits.h"
#include "ingest/line_run.h"
#include "ingest/number_text.h"
#include "ingest/series_text.h"
#include "sluice/base/bytes.h"
#include "sluice/base/hash.h"

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,lzcnt"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt")
#endif

namespace sluice::ingest {
namespace avx2 {

inline __m256i load(const char* at) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}
inline std::uint32_t equal_mask(__m256i a, __m256i b) {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, b)));
}

struct Kernel {
    static bool equal(const char* a, const char* b, std::size_t size) {
        if (size < 32) return std::memcmp(a, b, size) == 0;
        __m256i differs = _mm256_xor_si256(load(a + size - 32), load(b + size - 32));
        for (std::size_t i = 0; i + 32 < size; i += 32) {
            differs = _mm256_or_si256(differs, _mm256_xor_si256(load(a + i), load(b + i)));
        }
        return _mm256_testz_si256(differs, differs) != 0;
    }
    static bool matches(const char* at, const ShapeField& field) {
        return (~equal_mask(load(at), load(field.head)) & field.head_mask) == 0;
    }
    static const char* find_key_end(const char* at, const char* limit) {
        const __m256i space = _mm256_set1_epi8(' ');
        const __m256i backslash = _mm256_set1_epi8('\\');
        const __m256i newline = _mm256_set1_epi8('\n');
        for (; at < limit; at += 32) {
            const __m256i bytes = load(at);
            const std::uint32_t found = equal_mask(bytes, space) | equal_mask(bytes, backslash) |
                                        equal_mask(bytes, newline);
            if (found != 0) return at + std::countr_zero(found);
        }
        return limit;
    }
    static const char* find_string_end(const char* at, const char* limit) {
        const __m256i quote = _mm256_set1_epi8('"');
        const __m256i backslash = _mm256_set1_epi8('\\');
        for (; at < limit; at += 32) {
            const __m256i bytes = load(at);
            const std::uint32_t found = equal_mask(bytes, quote) | equal_mask(bytes, backslash);
            if (found != 0) return at + std::countr_zero(found);
        }
        return limit;
    }
};

inline bool matches_long(const char* at, const char* limit, const ShapeField& field) {
    return field.size < static_cast<std::size_t>(limit - at) &&
           std::memcmp(at, field.bytes, field.size) == 0;
}

#include "ingest/line_run_body.h"

}  // namespace avx2

LineRun::Stop run_lines_avx2(LineRun& run) {
    return avx2::run_lines(run);
}

}  // namespace sluice::ingest

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
