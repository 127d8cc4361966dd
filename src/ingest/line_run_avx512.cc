// This is the fast path of the line parser with vectors of 64 bytes. It is called only where the
// processor has AVX-512 F, BW and VL, and BMI2.
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
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx2,bmi,bmi2,lzcnt"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx2,bmi,bmi2,lzcnt")
#endif

namespace sluice::ingest {
namespace avx512 {

inline __m512i load(const char* at) {
    return _mm512_loadu_si512(at);
}

struct Kernel {
    static bool equal(const char* a, const char* b, std::size_t size) {
        std::size_t i = 0;
        for (; i + 64 <= size; i += 64) {
            if (_mm512_cmpneq_epi8_mask(load(a + i), load(b + i)) != 0) return false;
        }
        // Masked loads touch no byte past the end of `b`.
        const __mmask64 rest = _bzhi_u64(~std::uint64_t{0}, static_cast<unsigned>(size - i));
        return _mm512_mask_cmpneq_epi8_mask(rest, _mm512_maskz_loadu_epi8(rest, a + i),
                                            _mm512_maskz_loadu_epi8(rest, b + i)) == 0;
    }
    static bool matches(const char* at, const ShapeField& field) {
        const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
        const __m256i head = _mm256_load_si256(reinterpret_cast<const __m256i*>(field.head));
        return _mm256_mask_cmpneq_epi8_mask(field.head_mask, bytes, head) == 0;
    }
    static const char* find_key_end(const char* at, const char* limit) {
        const __m512i space = _mm512_set1_epi8(' ');
        const __m512i backslash = _mm512_set1_epi8('\\');
        const __m512i newline = _mm512_set1_epi8('\n');
        for (; at < limit; at += 64) {
            const __m512i bytes = load(at);
            const std::uint64_t found = _mm512_cmpeq_epi8_mask(bytes, space) |
                                        _mm512_cmpeq_epi8_mask(bytes, backslash) |
                                        _mm512_cmpeq_epi8_mask(bytes, newline);
            if (found != 0) return at + std::countr_zero(found);
        }
        return limit;
    }
    static const char* find_string_end(const char* at, const char* limit) {
        const __m512i quote = _mm512_set1_epi8('"');
        const __m512i backslash = _mm512_set1_epi8('\\');
        for (; at < limit; at += 64) {
            const __m512i bytes = load(at);
            const std::uint64_t found =
                _mm512_cmpeq_epi8_mask(bytes, quote) | _mm512_cmpeq_epi8_mask(bytes, backslash);
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

}  // namespace avx512

LineRun::Stop run_lines_avx512(LineRun& run) {
    return avx512::run_lines(run);
}

}  // namespace sluice::ingest

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
