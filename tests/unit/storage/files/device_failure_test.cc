// Which errors speak of the device, and which only of this process.
#include "storage/files/device_failure.h"

#include <gtest/gtest.h>

namespace sluice::storage {
namespace {

Error error_of(ErrorKind kind, int os_error) {
    Error error{kind, "x"};
    error.os_error = os_error;
    return error;
}

TEST(DeviceFailure, IsWhatTheDeviceSays) {
    for (const int each : {EIO, ENXIO, EROFS + 1000, 0}) {
        EXPECT_TRUE(is_device_failure(error_of(ErrorKind::kIo, each))) << each;
        EXPECT_TRUE(is_damage(error_of(ErrorKind::kIo, each))) << each;
    }
}

TEST(DeviceFailure, IsNotWhatThisProcessLacks) {
    for (const int each : {EACCES, EPERM, EMFILE, ENFILE, ENOMEM, EROFS}) {
        EXPECT_FALSE(is_device_failure(error_of(ErrorKind::kIo, each))) << each;
        EXPECT_FALSE(is_damage(error_of(ErrorKind::kIo, each))) << each;
    }
}

TEST(DeviceFailure, OfAnotherKindIsNone) {
    for (const ErrorKind kind : {ErrorKind::kNoSpace, ErrorKind::kCorrupt, ErrorKind::kNotFound,
                                 ErrorKind::kCancelled, ErrorKind::kUnsupported}) {
        EXPECT_FALSE(is_device_failure(error_of(kind, EIO)));
    }
}

TEST(Damage, IsWhatAReaderGoesOnWithout) {
    EXPECT_TRUE(is_damage(error_of(ErrorKind::kCorrupt, 0)));
    EXPECT_TRUE(is_damage(error_of(ErrorKind::kNotFound, ENOENT)));
    for (const ErrorKind kind :
         {ErrorKind::kNoSpace, ErrorKind::kCancelled, ErrorKind::kUnsupported, ErrorKind::kBusy}) {
        EXPECT_FALSE(is_damage(error_of(kind, 0)));
    }
}

}  // namespace
}  // namespace sluice::storage
