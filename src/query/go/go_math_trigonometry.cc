// This file has the trigonometric functions of Go's math package, step by step, because the last
// digit of every answer shows.
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

#include "query/go/go_math.h"

namespace sluice::query {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// The value of c[0] x^n + c[1] x^(n-1) + …, by Horner's scheme.
template <std::size_t N>
double polynomial(const double (&c)[N], double x) {
    double sum = c[0];
    for (std::size_t i = 1; i < N; ++i) sum = sum * x + c[i];
    return sum;
}

// 4/pi in binary, 64 digits a word; the first word holds the one digit before the point.
constexpr std::uint64_t kFourOverPi[] = {
    0x0000000000000001, 0x45f306dc9c882a53, 0xf84eafa3ea69bb81, 0xb6c52b3278872083,
    0xfca2c757bd778ac3, 0x6e48dc74849ba5c0, 0x0c925dd413a32439, 0xfc3bd63962534e7d,
    0xd1046bea5d768909, 0xd338e04d68befc82, 0x7323ac7306a673e9, 0x3908bf177bf25076,
    0x3ff12fffbc0b301f, 0xde5e2316b414da3e, 0xda6cfd9e4f96136e, 0x9e8c7ecd3cbfd45a,
    0xea4f758fd7cbe2f6, 0x7a0e73ef14a525d4, 0xd7f6bf623f1aba10, 0xac06608df8f6d757,
};

// An angle as a multiple of pi/4, made even, and what is left of it, in [-pi/4, pi/4].
struct Reduced {
    std::uint64_t octant;
    double rest;
};

// Payne and Hanek: multiplies the mantissa by the digits of 4/pi that matter.
// Digits far in front of these only add whole turns, and those far behind are below the last bit of
// the result, so three words of the table are enough for any angle.
Reduced reduce_large(double x) {
    constexpr int kMantissaBits = 52;
    constexpr std::uint64_t kBias = 1023;
    std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
    const int exponent = static_cast<int>(bits >> kMantissaBits & 0x7FF) - 1023 - kMantissaBits;
    bits &= (std::uint64_t{1} << kMantissaBits) - 1;
    bits |= std::uint64_t{1} << kMantissaBits;

    const auto position = static_cast<unsigned>(exponent + 61);
    const unsigned word = position / 64;
    const unsigned shift = position % 64;
    const auto digits = [&](unsigned i) {
        return kFourOverPi[i] << shift | (shift == 0 ? 0 : kFourOverPi[i + 1] >> (64 - shift));
    };
    using Wide = unsigned __int128;
    const Wide low = Wide{digits(word + 2)} * bits;
    const Wide middle = Wide{digits(word + 1)} * bits;
    const Wide product =
        (Wide{digits(word) * bits} << 64) + middle + static_cast<std::uint64_t>(low >> 64);
    std::uint64_t high_word = static_cast<std::uint64_t>(product >> 64);
    const auto low_word = static_cast<std::uint64_t>(product);

    Reduced reduced{high_word >> 61, 0};
    high_word = high_word << 3 | low_word >> 61;
    const auto zeros = static_cast<unsigned>(std::countl_zero(high_word)) + 1;
    if (zeros > 63) return reduced;  // a multiple of pi/4 to the last bit: there is no such number
    std::uint64_t fraction = high_word << zeros | low_word >> (64 - zeros);
    fraction >>= 64 - kMantissaBits;
    fraction |= (kBias - zeros) << kMantissaBits;
    reduced.rest = std::bit_cast<double>(fraction);
    if ((reduced.octant & 1) == 1) {
        reduced.octant = (reduced.octant + 1) & 7;
        reduced.rest -= 1;
    }
    reduced.rest *= kPi / 4;
    return reduced;
}

// For x >= 0. Up to 2^29, pi/4 in three parts is exact enough.
Reduced reduce(double x) {
    if (x >= double{1 << 29}) return reduce_large(x);
    constexpr double kPart1 = 7.85398125648498535156e-1;
    constexpr double kPart2 = 3.77489470793079817668e-8;
    constexpr double kPart3 = 2.69515142907905952645e-15;
    auto octant = static_cast<std::uint64_t>(x * (4 / kPi));
    auto multiple = static_cast<double>(octant);
    if ((octant & 1) == 1) {
        ++octant;
        ++multiple;
    }
    return {octant & 7, ((x - multiple * kPart1) - multiple * kPart2) - multiple * kPart3};
}

double sine_near_zero(double z) {
    constexpr double kSine[] = {1.58962301576546568060e-10, -2.50507477628578072866e-8,
                                2.75573136213857245213e-6,  -1.98412698295895385996e-4,
                                8.33333333332211858878e-3,  -1.66666666666666307295e-1};
    const double zz = z * z;
    return z + z * zz * polynomial(kSine, zz);
}

double cosine_near_zero(double z) {
    constexpr double kCosine[] = {-1.13585365213876817300e-11, 2.08757008419747316778e-9,
                                  -2.75573141792967388112e-7,  2.48015872888517045348e-5,
                                  -1.38888888888730564116e-3,  4.16666666666665929218e-2};
    const double zz = z * z;
    return 1.0 - 0.5 * zz + zz * zz * polynomial(kCosine, zz);
}

// atan for |x| <= 0.66.
double atan_near_zero(double x) {
    constexpr double kP[] = {-8.750608600031904122785e-01, -1.615753718733365076637e+01,
                             -7.500855792314704667340e+01, -1.228866684490136173410e+02,
                             -6.485021904942025371773e+01};
    constexpr double kQ[] = {1.0,
                             2.485846490142306297962e+01,
                             1.650270098316988542046e+02,
                             4.328810604912902668951e+02,
                             4.853903996359136964868e+02,
                             1.945506571482613964425e+02};
    const double z = x * x;
    return x * (z * polynomial(kP, z) / polynomial(kQ, z)) + x;
}

// atan for x >= 0.
double atan_of_positive(double x) {
    constexpr double kMoreBits = 6.123233995736765886130e-17;  // of pi/2
    constexpr double kTanOf3Pi8 = 2.41421356237309504880;
    if (x <= 0.66) return atan_near_zero(x);
    if (x > kTanOf3Pi8) return kPi / 2 - atan_near_zero(1 / x) + kMoreBits;
    return kPi / 4 + atan_near_zero((x - 1) / (x + 1)) + 0.5 * kMoreBits;
}

}  // namespace

double go_cos(double x) {
    if (!std::isfinite(x)) return kNaN;
    auto [octant, rest] = reduce(std::fabs(x));
    bool negative = false;
    if (octant > 3) {
        octant -= 4;
        negative = !negative;
    }
    if (octant > 1) negative = !negative;
    const double y = octant == 1 || octant == 2 ? sine_near_zero(rest) : cosine_near_zero(rest);
    return negative ? -y : y;
}

double go_sin(double x) {
    if (x == 0 || std::isnan(x)) return x;
    if (std::isinf(x)) return kNaN;
    auto [octant, rest] = reduce(std::fabs(x));
    bool negative = x < 0;
    if (octant > 3) {
        octant -= 4;
        negative = !negative;
    }
    const double y = octant == 1 || octant == 2 ? cosine_near_zero(rest) : sine_near_zero(rest);
    return negative ? -y : y;
}

double go_tan(double x) {
    constexpr double kP[] = {-1.30936939181383777646e4, 1.15351664838587416140e6,
                             -1.79565251976484877988e7};
    constexpr double kQ[] = {1.0, 1.36812963470692954678e4, -1.32089234440210967447e6,
                             2.50083801823357915839e7, -5.38695755929454629881e7};
    if (x == 0 || std::isnan(x)) return x;
    if (std::isinf(x)) return kNaN;
    const auto [octant, z] = reduce(std::fabs(x));
    const double zz = z * z;
    double y = z;
    if (zz > 1e-14) y = z + z * (zz * polynomial(kP, zz) / polynomial(kQ, zz));
    if ((octant & 2) == 2) y = -1 / y;
    return x < 0 ? -y : y;
}

double go_atan(double x) {
    if (x == 0) return x;
    return x > 0 ? atan_of_positive(x) : -atan_of_positive(-x);
}

double go_asin(double x) {
    if (x == 0) return x;
    const double positive = std::fabs(x);
    if (positive > 1) return kNaN;
    const double root = std::sqrt(1 - positive * positive);
    const double angle = positive > 0.7 ? kPi / 2 - atan_of_positive(root / positive)
                                        : atan_of_positive(positive / root);
    return x < 0 ? -angle : angle;
}

double go_acos(double x) {
    return kPi / 2 - go_asin(x);
}

double go_atan2(double y, double x) {
    if (std::isnan(y) || std::isnan(x)) return kNaN;
    if (y == 0) return std::copysign(std::signbit(x) ? kPi : 0.0, y);
    if (x == 0) return std::copysign(kPi / 2, y);
    if (std::isinf(x)) {
        const bool both = std::isinf(y);
        if (x > 0) return std::copysign(both ? kPi / 4 : 0.0, y);
        return std::copysign(both ? 3 * kPi / 4 : kPi, y);
    }
    if (std::isinf(y)) return std::copysign(kPi / 2, y);
    const double angle = go_atan(y / x);
    if (x >= 0) return angle;
    return angle <= 0 ? angle + kPi : angle - kPi;
}

}  // namespace sluice::query
