#include "sluice/base/result.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace sluice {
namespace {

Result<int> half(int value) {
    if (value % 2 != 0) return Error{ErrorKind::kInvalid, "odd"};
    return value / 2;
}
Result<int> quarter(int value) {
    SLUICE_TRY(const int once, half(value));
    SLUICE_TRY(const int twice, half(once));
    return twice;
}
Result<void> only_even(int value) {
    SLUICE_TRY_VOID(half(value));
    return {};
}

TEST(Result, TryPassesValuesOnAndReturnsErrors) {
    EXPECT_EQ(*quarter(8), 2);
    EXPECT_EQ(quarter(6).error().message, "odd");
    EXPECT_TRUE(only_even(2).ok());
    EXPECT_EQ(only_even(3).error().kind, ErrorKind::kInvalid);
}

TEST(Result, OsFailureNamesWhatWasBeingDoneAndTellsAFullDiskApart) {
    EXPECT_EQ(os_failure(ENOSPC, "write x").kind, ErrorKind::kNoSpace);
    EXPECT_EQ(os_failure(EIO, "write x").message, "write x: Input/output error");
}

}  // namespace
}  // namespace sluice
