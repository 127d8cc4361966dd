#include "sluice/engine/admission.h"

#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

TEST(Admission, CountsBytesUntilThePermitGoes) {
    Admission admission(100);
    {
        Result<Permit> first = admission.try_admit(60);
        ASSERT_TRUE(first.ok());
        const Permit moved = std::move(*first);
        EXPECT_EQ(admission.bytes_in_flight(), 60u);
        const Result<Permit> second = admission.try_admit(41);
        ASSERT_FALSE(second.ok());
        EXPECT_EQ(second.error().kind, ErrorKind::kBusy);
        EXPECT_GE(admission.retry_after_s(), 1u);
        EXPECT_TRUE(admission.try_admit(40).ok());
    }
    EXPECT_EQ(admission.bytes_in_flight(), 0u);
    EXPECT_EQ(admission.refused(), 1u);
}

TEST(Admission, ABodyLargerThanTheBoundComesInAlone) {
    Admission admission(100);
    const Result<Permit> large = admission.try_admit(1000);
    EXPECT_TRUE(large.ok());
    EXPECT_FALSE(admission.try_admit(0).ok());
}

TEST(Admission, APermitGrowsAsItsBodyDoes) {
    Admission admission(100);
    Result<Permit> first = admission.try_admit(10);
    Result<Permit> second = admission.try_admit(20);
    EXPECT_TRUE(first->grow_to(80).ok());
    EXPECT_TRUE(first->grow_to(50).ok()) << "it never shrinks";
    EXPECT_EQ(admission.bytes_in_flight(), 100u);
    EXPECT_EQ(second->grow_to(21).error().kind, ErrorKind::kBusy);
    EXPECT_EQ(second->bytes(), 20u);
    second->release();
    EXPECT_TRUE(first->grow_to(500).ok()) << "alone";
    first->release();
    EXPECT_EQ(admission.bytes_in_flight(), 0u);
}

TEST(Admission, LowSpaceRefusesNewBodiesOnly) {
    Admission admission(100);
    Result<Permit> before = admission.try_admit(10);
    admission.set_low_space(true);
    EXPECT_EQ(admission.try_admit(1).error().kind, ErrorKind::kNoSpace);
    EXPECT_TRUE(before->grow_to(20).ok());
    admission.set_low_space(false);
    EXPECT_TRUE(admission.try_admit(1).ok());
}

TEST(Admission, OneClientGetsNoMoreThanItsShare) {
    Admission admission(100);
    ClientBodies one;
    one.bytes_max = 80;
    ClientBodies other;
    other.bytes_max = 80;
    Result<Permit> first = admission.try_admit(50, &one);
    Result<Permit> second = admission.try_admit(30, &one);
    ASSERT_TRUE(first.ok() && second.ok());
    EXPECT_EQ(one.bytes, 80u);
    EXPECT_EQ(admission.try_admit(1, &one).error().kind, ErrorKind::kBusy);
    EXPECT_EQ(admission.refused_to_client(), 1u);
    Result<Permit> of_other = admission.try_admit(10, &other);
    EXPECT_TRUE(of_other.ok());
    EXPECT_TRUE(admission.try_admit(10).ok()) << "of nobody";
    EXPECT_EQ(second->grow_to(31).error().kind, ErrorKind::kBusy);
    EXPECT_EQ(admission.refused_to_client(), 2u);
    second->release();
    EXPECT_EQ(one.bytes, 50u);
    const Permit moved = std::move(*first);
    EXPECT_TRUE(admission.try_admit(30, &one).ok());
}

TEST(Admission, TheOnlyBodyOfAClientMayBeLargerThanItsShare) {
    Admission admission(100);
    ClientBodies one;
    one.bytes_max = 80;
    {
        Result<Permit> other = admission.try_admit(1);
        Result<Permit> large = admission.try_admit(81, &one);
        ASSERT_TRUE(large.ok());
        EXPECT_TRUE(large->grow_to(90).ok()) << "beside that of another";
        EXPECT_EQ(admission.try_admit(1, &one).error().kind, ErrorKind::kBusy);
        EXPECT_EQ(admission.refused_to_client(), 1u);
        other->release();
        EXPECT_TRUE(large->grow_to(500).ok()) << "alone";
    }
    EXPECT_EQ(one.bytes, 0u);
}

}  // namespace
}  // namespace sluice::engine
