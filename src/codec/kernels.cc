#include "codec/kernels.h"

#include <array>

// Multiplication and addition must not be fused where the processor could (the build also says
// -ffp-contract=off): encoded bytes may not depend on the machine.

namespace sluice::codec {
namespace generic {
#define SLUICE_KERNELS_NAME "generic"
#include "codec/kernels.inc"
#undef SLUICE_KERNELS_NAME
}  // namespace generic

// GCC compiles functions after this pragma for the named instruction set; Clang has no such pragma
// and runs the generic table.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define SLUICE_HAVE_X86_KERNELS 1
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt")
namespace avx2 {
#define SLUICE_KERNELS_NAME "avx2"
#include "codec/kernels.inc"
#undef SLUICE_KERNELS_NAME
}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target( \
    "avx2,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")
namespace avx512 {
#define SLUICE_KERNELS_NAME "avx512"
#include "codec/kernels.inc"
#undef SLUICE_KERNELS_NAME
}  // namespace avx512
#pragma GCC pop_options
#endif

namespace {

struct Choice {
    std::array<const Kernels*, 3> tables{};
    std::size_t count = 0;
    Choice() {
        tables[count++] = &generic::kTable;
#ifdef SLUICE_HAVE_X86_KERNELS
        const bool has_bits = __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
        if (has_bits && __builtin_cpu_supports("avx2")) {
            tables[count++] = &avx2::kTable;
            if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
                tables[count++] = &avx512::kTable;
            }
        }
#endif
    }
};

const Choice& choice() {
    static const Choice chosen;
    return chosen;
}

}  // namespace

const Kernels& kernels() {
    return *choice().tables[choice().count - 1];
}

std::span<const Kernels* const> available_kernels() {
    return {choice().tables.data(), choice().count};
}

}  // namespace sluice::codec
