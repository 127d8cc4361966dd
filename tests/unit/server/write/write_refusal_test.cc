// What a client is told of a write that failed as a whole, by API and error.
#include "server/write/write_refusal.h"

#include <gtest/gtest.h>

#include "sluice/model/errors.h"

namespace sluice::server {
namespace {

struct Case {
    const char* what;
    WriteApi api;
    Error error;
    std::uint16_t status;  // 0: it is the server's trouble, and means "later"
    const char* message;
};

TEST(WriteRefusal, FollowsTheErrorAndTheApi) {
    const Case cases[] = {
        {"no database", WriteApi::kV1, model::database_not_found("\"d\""), 404,
         "database not found: \"d\""},
        {"no database, 2.x", WriteApi::kV2, model::database_not_found("\"d\""), 404,
         "bucket \"d/r\" not found"},
        {"no policy", WriteApi::kV1, model::retention_policy_not_found("r"), 500,
         "retention policy not found: r"},
        {"no policy, 2.x", WriteApi::kV2, model::retention_policy_not_found("r"), 404,
         "bucket \"d/r\" not found"},
        // The words of a name decide nothing.
        {"a policy of that name", WriteApi::kV1, model::retention_policy_not_found("database"), 500,
         "retention policy not found: database"},
        {"another thing",
         WriteApi::kV1,
         {ErrorKind::kNotFound, "database file is missing"},
         500,
         "database file is missing"},
        {"bad gzip",
         WriteApi::kV1,
         {ErrorKind::kInvalid, "gzip: invalid header"},
         400,
         "gzip: invalid header"},
        {"a large point",
         WriteApi::kV1,
         {ErrorKind::kTooLarge, "a point is too large"},
         413,
         "a point is too large"},
        {"a large point, 2.x",
         WriteApi::kV2,
         {ErrorKind::kTooLarge, "a point is too large"},
         413,
         "a point is too large"},
        {"a full device", WriteApi::kV1, {ErrorKind::kNoSpace, "no space"}, 0, ""},
        {"a sick device", WriteApi::kV2, {ErrorKind::kIo, "write: I/O error", 5}, 0, ""},
        {"a full server", WriteApi::kV1, {ErrorKind::kBusy, "busy"}, 0, ""},
        {"a stop", WriteApi::kV1, {ErrorKind::kCancelled, "the store is stopping"}, 0, ""},
        {"a conflict", WriteApi::kV2, {ErrorKind::kConflict, "it changed meanwhile"}, 0, ""},
    };
    for (const Case& each : cases) {
        SCOPED_TRACE(each.what);
        WriteRequest request;
        request.api = each.api;
        request.database = "d";
        request.bucket = "d/r";
        const std::optional<WriteRefusal> refusal = refusal_of(request, each.error);
        ASSERT_EQ(refusal.has_value(), each.status != 0);
        if (!refusal) continue;
        EXPECT_EQ(refusal->status, each.status);
        EXPECT_EQ(refusal->message, each.message);
    }
}

TEST(WriteRefusal, OfALargeBodyIsInTheWordsOfTheApi) {
    EXPECT_EQ(too_large_text(WriteApi::kV1), "Request Entity Too Large");
    EXPECT_EQ(too_large_text(WriteApi::kV2), "unable to read data: points batch is too large");
}

}  // namespace
}  // namespace sluice::server
