// What a pool keeps of what is given back, and what it frees.
#include "server/services/buffer_pool.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

constexpr std::size_t kSmall = 1000;

// A body of that many bytes has at least that capacity.
BodyPool::Lease filled(BodyPool& pool, std::size_t bytes) {
    BodyPool::Lease lease = pool.take();
    lease->resize_uninitialized(bytes);
    return lease;
}

TEST(BufferPool, HandsOutWhatWasGivenBackLast) {
    BodyPool pool(100 * kSmall, 100 * kSmall);
    BodyPool::Lease first = filled(pool, kSmall);
    BodyPool::Lease second = filled(pool, kSmall);
    const BodyBuffer* last = &*second;
    first.give_back();
    second.give_back();
    EXPECT_FALSE(first);
    BodyPool::Lease again = pool.take();
    EXPECT_EQ(&*again, last);
    EXPECT_GE(again->capacity(), kSmall);
}

TEST(BufferPool, GivesNothingOfTheLastUser) {
    BodyPool pool(100 * kSmall, 100 * kSmall);
    filled(pool, kSmall).give_back();
    EXPECT_TRUE(pool.take()->empty());
}

TEST(BufferPool, FreesWhatIsTooLarge) {
    BodyPool pool(100 * kSmall, kSmall);
    filled(pool, 10 * kSmall).give_back();
    EXPECT_EQ(pool.take()->capacity(), 0U);
}

TEST(BufferPool, FreesWhatIsTooMuchTogether) {
    BodyPool probe(SIZE_MAX, SIZE_MAX);
    const std::size_t each = filled(probe, kSmall)->capacity();
    BodyPool pool(2 * each, each);
    {
        BodyPool::Lease first = filled(pool, kSmall);
        BodyPool::Lease second = filled(pool, kSmall);
        BodyPool::Lease third = filled(pool, kSmall);
    }
    BodyPool::Lease first = pool.take();
    BodyPool::Lease second = pool.take();
    BodyPool::Lease third = pool.take();
    EXPECT_GE(first->capacity(), kSmall);
    EXPECT_GE(second->capacity(), kSmall);
    EXPECT_EQ(third->capacity(), 0U);
}

TEST(BufferPool, GoesOnKeepingAfterThingsWereTaken) {
    BodyPool probe(SIZE_MAX, SIZE_MAX);
    const std::size_t each = filled(probe, kSmall)->capacity();
    BodyPool pool(each, each);
    for (int i = 0; i < 3; ++i) {
        BodyPool::Lease lease = filled(pool, kSmall);
        lease.give_back();
        EXPECT_GE(pool.take()->capacity(), kSmall) << i;
    }
}

TEST(BufferPool, GivesBackWhatALeaseHeldBeforeItGotAnother) {
    BodyPool pool(100 * kSmall, 100 * kSmall);
    BodyPool::Lease lease = filled(pool, kSmall);
    const BodyBuffer* before = &*lease;
    lease = filled(pool, 2 * kSmall);
    EXPECT_EQ(&*pool.take(), before);
}

}  // namespace
}  // namespace sluice::server
