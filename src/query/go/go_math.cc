#include "query/go/go_math.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <numbers>

namespace sluice::query {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool is_odd_integer(double x) {
    if (std::fabs(x) >= 0x1p53) return false;
    double whole = 0;
    return std::modf(x, &whole) == 0 && (static_cast<std::int64_t>(whole) & 1) == 1;
}

// pow() of finite, non-zero numbers: the fraction of the exponent by exp and log, the whole part by
// squaring, powers of two apart.
double power(double x, double y, double whole, double fraction) {
    double result = 1;
    int exponent = 0;
    if (fraction != 0) {
        if (fraction > 0.5) {
            fraction -= 1;
            whole += 1;
        }
        result = go_exp(fraction * go_log(x));
    }
    int square_exponent = 0;
    double square = std::frexp(x, &square_exponent);
    for (auto i = static_cast<std::int64_t>(whole); i != 0; i >>= 1) {
        if (square_exponent < -(1 << 12) || (1 << 12) < square_exponent) {
            exponent += square_exponent;
            break;
        }
        if ((i & 1) == 1) {
            result *= square;
            exponent += square_exponent;
        }
        square *= square;
        square_exponent *= 2;
        if (square < .5) {
            square += square;
            --square_exponent;
        }
    }
    if (y < 0) {
        result = 1 / result;
        exponent = -exponent;
    }
    return std::ldexp(result, exponent);
}

double power_of_zero(double x, double y) {
    const bool keeps_sign = std::signbit(x) && is_odd_integer(y);
    if (y < 0) return keeps_sign ? -kInfinity : kInfinity;
    return keeps_sign ? x : 0;
}

}  // namespace

// As Go's assembler for amd64 does it (math/exp_amd64.s): with fused multiplications, and by
// another series than the portable version, from which the last digits differ.
double go_exp(double x) {
    constexpr double kOverflow = 7.09782712893384e+02;
    constexpr double kLog2OfE = std::numbers::log2e;
    constexpr double kLn2High = 0.69314718055966295651160180568695068359375;
    constexpr double kLn2Low = 0.28235290563031577122588448175013436025525412068e-12;
    constexpr double kSeries[] = {1 / 40320.0, 1 / 5040.0, 1 / 720.0, 1 / 120.0,
                                  1 / 24.0,    1 / 6.0,    0.5,       1.0};
    if (std::isnan(x)) return x;
    if (x > kOverflow) return kInfinity;
    if (x < -2000) return 0;

    // x = k ln 2 + r; the series gives exp(r / 16) - 1, four squarings exp(r) - 1.
    const double k = std::nearbyint(x * kLog2OfE);
    double r = std::fma(-k, kLn2Low, std::fma(-k, kLn2High, x));
    r *= 0.0625;
    double sum = kSeries[0];
    for (std::size_t i = 1; i < std::size(kSeries); ++i) sum = std::fma(sum, r, kSeries[i]);
    r *= sum;
    for (int i = 0; i < 3; ++i) r *= r + 2;
    r = std::fma(r, r + 2, 1.0);

    int exponent = static_cast<int>(k) + 1023;
    if (exponent >= 0x7FF) return kInfinity;
    if (exponent > 0) return r * std::bit_cast<double>(static_cast<std::uint64_t>(exponent) << 52);
    // The result is made in two steps where it has fewer digits.
    if (exponent < -52) return 0;
    exponent += 0x3FE;
    r *= std::bit_cast<double>(static_cast<std::uint64_t>(exponent) << 52);
    return r * 0x1p-1022;
}

// FreeBSD's e_log.c in the order of operations that Go has on amd64.
double go_log(double x) {
    constexpr double kLn2High = 6.93147180369123816490e-01;
    constexpr double kLn2Low = 1.90821492927058770002e-10;
    constexpr double kOdd[] = {1.479819860511658591e-01, 1.818357216161805012e-01,
                               2.857142874366239149e-01, 6.666666666666735130e-01};
    constexpr double kEven[] = {1.531383769920937332e-01, 2.222219843214978396e-01,
                                3.999999999940941908e-01};
    if (x == 0) return -kInfinity;
    if (std::isnan(x) || x == kInfinity) return x;
    if (x < 0) return kNaN;

    // x = 2^k (1 + f) with 1 + f around 1. Numbers too small for a full mantissa are taken as they
    // lie, like the original does.
    const auto bits = std::bit_cast<std::uint64_t>(x);
    double f = std::bit_cast<double>((bits & 0x000FFFFFFFFFFFFF) | 0x3FE0000000000000);
    double k = static_cast<double>(static_cast<int>(bits >> 52 & 0x7FF) - 0x3FE);
    if (f <= std::numbers::sqrt2 / 2) {
        k -= 1;
        f *= 2;
    }
    f -= 1;
    const double s = f / (2 + f);
    const double s2 = s * s;
    const double s4 = s2 * s2;
    const double odd = s2 * (((kOdd[0] * s4 + kOdd[1]) * s4 + kOdd[2]) * s4 + kOdd[3]);
    const double even = s4 * ((kEven[0] * s4 + kEven[1]) * s4 + kEven[2]);
    const double half_square = 0.5 * f * f;
    return k * kLn2High - ((half_square - (s * (half_square + (odd + even)) + k * kLn2Low)) - f);
}

double go_log2(double x) {
    int exponent = 0;
    const double fraction = std::frexp(x, &exponent);
    if (fraction == 0.5) return exponent - 1;
    return go_log(fraction) * (1 / std::numbers::ln2) + exponent;
}

double go_log10(double x) {
    constexpr double kOneOverLn10 = 0.43429448190325182765;
    return go_log(x) * kOneOverLn10;
}

double go_pow(double x, double y) {
    if (y == 0 || x == 1) return 1;
    if (y == 1) return x;
    if (std::isnan(x) || std::isnan(y)) return kNaN;
    if (x == 0) return power_of_zero(x, y);
    if (std::isinf(y)) {
        if (x == -1) return 1;
        return (std::fabs(x) < 1) == (y > 0) ? 0 : kInfinity;
    }
    if (std::isinf(x)) {
        if (x < 0) return go_pow(1 / x, -y);
        return y < 0 ? 0 : kInfinity;
    }
    if (y == 0.5) return std::sqrt(x);
    if (y == -0.5) return 1 / std::sqrt(x);
    double whole = 0;
    const double fraction = std::modf(std::fabs(y), &whole);
    if (fraction != 0 && x < 0) return kNaN;
    if (whole >= 0x1p63) {
        if (x == -1) return 1;
        return (std::fabs(x) < 1) == (y > 0) ? 0 : kInfinity;
    }
    return power(x, y, whole, fraction);
}

double go_round(double x) {
    const double whole = std::trunc(x);
    return std::fabs(x - whole) >= 0.5 ? whole + std::copysign(1.0, x) : whole;
}

}  // namespace sluice::query
