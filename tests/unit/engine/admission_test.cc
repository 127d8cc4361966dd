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

}  // namespace
}  // namespace sluice::engine
