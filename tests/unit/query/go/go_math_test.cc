#include "query/go/go_math.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <string>

namespace sluice::query {
namespace {

// Random words, and a checksum of the results' bits: the expected ones come from Go 1.26 on amd64.
class Words {
public:
    std::uint64_t next() {
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        return state_;
    }

private:
    std::uint64_t state_ = 42;
};

class Checksum {
public:
    void add(double value) {
        const std::uint64_t bits = std::isnan(value) ? 1 : std::bit_cast<std::uint64_t>(value);
        sum_ = (sum_ ^ bits) * 1099511628211u;
    }
    std::uint64_t value() const { return sum_; }

private:
    std::uint64_t sum_ = 14695981039346656037u;
};

double argument(int i, std::uint64_t word) {
    const auto integer = static_cast<std::int64_t>(word);
    switch (i % 4) {
        case 0:
            return static_cast<double>(integer >> 40) / 1024;
        case 1:
            return static_cast<double>(integer >> 11) / 9007199254740992.0;
        case 2:
            return std::bit_cast<double>(word & ~(std::uint64_t{1} << 63));
        default:
            return static_cast<double>(integer) / 1e6;
    }
}

struct Case {
    std::string name;
    double (*function)(double);
    std::uint64_t checksum;
};

TEST(GoMath, GivesTheBitsOfGo) {
    const Case cases[] = {
        {"sin", go_sin, 12172142233517764881u},  {"cos", go_cos, 9044450573938628247u},
        {"tan", go_tan, 2181326638783372386u},   {"asin", go_asin, 9539166507355030662u},
        {"acos", go_acos, 5534635175777417442u}, {"atan", go_atan, 15166540835602802401u},
        {"exp", go_exp, 11836521189100041362u},  {"ln", go_log, 8220234550990052455u},
        {"log2", go_log2, 5038113599385401799u}, {"log10", go_log10, 3344988981221490031u},
    };
    for (const Case& test : cases) {
        Words words;
        Checksum checksum;
        for (int i = 0; i < 20000; ++i) checksum.add(test.function(argument(i, words.next())));
        EXPECT_EQ(checksum.value(), test.checksum) << test.name;
    }
}

TEST(GoMath, GivesTheBitsOfGoForTwoArguments) {
    Words words;
    Checksum powers;
    Checksum angles;
    for (int i = 0; i < 20000; ++i) {
        const double a = static_cast<double>(static_cast<std::int64_t>(words.next()) >> 40) / 1024;
        double b = static_cast<double>(static_cast<std::int64_t>(words.next()) >> 50) / 64;
        if (i % 3 == 0) b = std::floor(b);
        powers.add(go_pow(a, b));
        angles.add(go_atan2(a, b));
    }
    EXPECT_EQ(powers.value(), 1882895937033231224u);
    EXPECT_EQ(angles.value(), 7870226611625562438u);
}

TEST(GoMath, RoundsHalvesAwayFromZero) {
    EXPECT_EQ(go_round(2.5), 3);
    EXPECT_EQ(go_round(-2.5), -3);
    EXPECT_EQ(go_round(0.49999999999999994), 0);
}

}  // namespace
}  // namespace sluice::query
