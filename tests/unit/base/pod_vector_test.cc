#include "sluice/base/pod_vector.h"

#include <gtest/gtest.h>

#include <vector>

#include "sluice/base/random.h"

namespace sluice {
namespace {

template <typename T>
std::vector<T> copy_of(const PodVector<T>& vector) {
    return {vector.begin(), vector.end()};
}

TEST(PodVector, HoldsWhatAVectorHolds) {
    Random random(1);
    PodVector<std::uint32_t> pods;
    std::vector<std::uint32_t> plain;
    for (int i = 0; i < 50'000; ++i) {
        const auto value = static_cast<std::uint32_t>(random.next());
        switch (random.below(8)) {
            case 0: {
                const std::size_t count = random.below(40);
                std::uint32_t* const place = pods.append_uninitialized(count);
                for (std::size_t k = 0; k < count; ++k)
                    place[k] = value + static_cast<std::uint32_t>(k);
                for (std::size_t k = 0; k < count; ++k)
                    plain.push_back(value + static_cast<std::uint32_t>(k));
                break;
            }
            case 1: {
                const std::vector<std::uint32_t> part(random.below(20), value);
                pods.append(part);
                plain.insert(plain.end(), part.begin(), part.end());
                break;
            }
            case 2:
                pods.append_copies(random.below(3), value);
                plain.resize(pods.size(), value);
                break;
            case 3:
                if (plain.empty()) break;
                pods.pop_back();
                plain.pop_back();
                break;
            case 4: {
                const std::size_t size = random.below(plain.size() + 1);
                pods.resize_uninitialized(size);
                plain.resize(size);
                break;
            }
            case 5:
                pods.shrink_capacity(random.below(200));
                break;
            case 6: {
                PodVector<std::uint32_t> moved = std::move(pods);
                EXPECT_TRUE(pods.empty());  // NOLINT: moved from
                pods = std::move(moved);
                break;
            }
            default:
                pods.push_back(value);
                plain.push_back(value);
        }
        ASSERT_EQ(pods.size(), plain.size());
        ASSERT_GE(pods.capacity(), pods.size());
        if (!plain.empty()) {
            ASSERT_EQ(pods.back(), plain.back());
        }
        if (i % 100 == 0) {
            ASSERT_EQ(copy_of(pods), plain);
            if (plain.size() > 5'000) {
                pods.clear();
                plain.clear();
            }
        }
    }
}

TEST(PodVector, KeepsItsMemoryUntilItIsToldOtherwise) {
    PodVector<std::uint64_t> pods;
    pods.append_copies(1000, 7);
    const std::uint64_t* const place = pods.data();
    pods.clear();
    EXPECT_GE(pods.capacity(), 1000u);
    pods.append_copies(1000, 8);
    EXPECT_EQ(pods.data(), place);
    // Nothing that is held is given up.
    pods.shrink_capacity(500);
    EXPECT_GE(pods.capacity(), 1000u);
    pods.clear();
    pods.shrink_capacity(500);
    EXPECT_EQ(pods.capacity(), 500u);
    pods.shrink_capacity(600);
    EXPECT_EQ(pods.capacity(), 500u);
    pods.shrink_capacity(0);
    EXPECT_EQ(pods.capacity(), 0u);
    pods.push_back(9);
    EXPECT_EQ(pods[0], 9u);
}

TEST(PodVector, GrowsByMoreThanOneElementAtATime) {
    PodVector<char> pods;
    std::size_t growths = 0;
    std::size_t capacity = 0;
    for (int i = 0; i < 100'000; ++i) {
        pods.push_back('x');
        if (pods.capacity() != capacity) ++growths;
        capacity = pods.capacity();
    }
    EXPECT_LT(growths, 40u);
    EXPECT_LE(capacity, 150'000u);
    // What is asked for at once is taken as it is asked for.
    PodVector<char> exact;
    exact.reserve(12'345);
    EXPECT_EQ(exact.capacity(), 12'345u);
    exact.append({});
    EXPECT_TRUE(exact.empty());
}

}  // namespace
}  // namespace sluice
