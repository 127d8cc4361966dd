// The client beside a bucket that fails in every way there is: what it says is what has happened.
#include "server/s3/s3_client.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "s3/sim_bucket.h"
#include "server/s3/file_upload.h"
#include "sim_machine.h"
#include "sluice/base/crc32c.h"
#include "sluice/base/units.h"

namespace sluice::server {
namespace {

using test::SimBucket;
using Fault = SimBucket::Fault;

class S3ClientTest : public testing::Test {
protected:
    S3ClientTest() : bucket_(machine_.reactor(), contents_) {
        client_.set_credentials({"id", "secret", ""});
    }
    ~S3ClientTest() override {
        machine_.run(client_.close());
        machine_.run(bucket_.stop());
        std::filesystem::remove(file_);
    }

    static BucketAddress address() {
        return *parse_bucket({"s3://bucket/pre fix", "http://127.0.0.1:8333", "us-east-1", true});
    }
    static S3Body body_of(const std::string& text) {
        const ByteSpan bytes = as_byte_span(std::string_view(text));
        return {bytes, sha256_hex(bytes)};
    }
    Result<bool> put(const std::string& key, const std::string& text, bool only_if_absent = false) {
        return machine_.run(client_.put(key, body_of(text), std::nullopt, only_if_absent));
    }
    Result<std::optional<std::string>> get(const std::string& key, std::uint64_t begin = 0,
                                           std::uint64_t end = 100) {
        return machine_.run(client_.get(key, begin, end));
    }
    FileUpload make_file(std::size_t bytes) {
        std::string text(bytes, '\0');
        Random random(bytes);
        for (char& c : text) c = static_cast<char>(random.next());
        std::ofstream(file_, std::ios::binary) << text;
        return {file_, "big", bytes, crc32c(as_byte_span(std::string_view(text)))};
    }

    const std::string file_ =
        (std::filesystem::temp_directory_path() / ("s3-client-" + std::to_string(::getpid())))
            .string();
    io::SimMachine machine_;
    test::BucketContents contents_;
    SimBucket bucket_;
    TlsTrust trust_{[] { return tls::Context::for_client({}); }};  // no test is by TLS
    Counter retries_;
    S3Client client_{machine_.reactor(), address(), trust_, {}, retries_, 1};
};

TEST_F(S3ClientTest, PutsFindsGetsAndRemoves) {
    const std::string key = "day=1/we%20ird Z\u00FC+~/x";
    ASSERT_TRUE(*put(key, "0123456789"));
    EXPECT_EQ(bucket_.requests[0], "PUT /bucket/pre%20fix/day%3D1/we%2520ird%20Z%C3%BC%2B~/x");
    EXPECT_EQ(contents_.objects.begin()->first, "pre fix/" + key);
    EXPECT_EQ(machine_.run(client_.find(key))->value(), (ObjectFacts{10, std::nullopt}));
    EXPECT_EQ(**get(key), "0123456789");
    EXPECT_EQ(**get(key, 2, 5), "234");
    ASSERT_TRUE(machine_.run(client_.remove(key)).ok());
    ASSERT_TRUE(machine_.run(client_.remove(key)).ok());
    EXPECT_FALSE(machine_.run(client_.find(key))->has_value());
    EXPECT_FALSE(get(key)->has_value());
    EXPECT_EQ(retries_.value(), 0u);
    EXPECT_EQ(bucket_.connections, 1u);
}

TEST_F(S3ClientTest, PutsOnlyWhatIsAbsent) {
    EXPECT_TRUE(*put("k", "first", true));
    EXPECT_FALSE(*put("k", "second", true));
    EXPECT_EQ(**get("k"), "first");
    // Without an answer it is not known who was first.
    bucket_.faults = {Fault::kLost};
    EXPECT_FALSE(*put("l", "mine", true));
    EXPECT_EQ(**get("l"), "mine");
}

TEST_F(S3ClientTest, AStoreWithoutConditionsRefuses) {
    bucket_.knows_conditions = false;
    const auto refused = put("k", "x", true);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid);
    EXPECT_EQ(refused.error().message, "PUT of k: the store answered 501 NotImplemented: so");
    EXPECT_EQ(bucket_.requests.size(), 1u);
}

TEST_F(S3ClientTest, ListsAllPages) {
    bucket_.page_size = 3;
    std::vector<std::string> expected;
    for (int i = 0; i < 10; ++i) {
        expected.push_back("a/" + std::to_string(i) + "&<%>");
        ASSERT_TRUE(*put(expected.back(), "x"));
    }
    ASSERT_TRUE(*put("b", "x"));
    bucket_.faults = {Fault::kNone, Fault::kWrongXml, Fault::kNone, Fault::kClosed};
    EXPECT_EQ(*machine_.run(client_.list("a/")), expected);
    EXPECT_EQ(machine_.run(client_.list("c"))->size(), 0u);
}

TEST_F(S3ClientTest, EveryFaultIsRepeated) {
    for (const Fault fault :
         {Fault::kSlowDown, Fault::kInternal, Fault::kLost, Fault::kClosed, Fault::kSilent}) {
        const std::uint64_t before = retries_.value();
        bucket_.faults = {fault, fault, fault};
        const auto done = put("k", "x");
        ASSERT_TRUE(done.ok()) << done.error().message;
        EXPECT_TRUE(*done);
        EXPECT_GT(retries_.value(), before);
        EXPECT_EQ(contents_.objects.size(), 1u);
    }
}

TEST_F(S3ClientTest, RepeatsHaveABound) {
    bucket_.faults.assign(100, Fault::kSlowDown);
    const std::int64_t begin = machine_.reactor().precise_ns();
    const auto failed = put("k", "x");
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().kind, ErrorKind::kIo);
    EXPECT_EQ(failed.error().message,
              "PUT of k, tried 6 times: the store answered 503 SlowDown: so");
    EXPECT_EQ(bucket_.requests.size(), kS3AttemptsMax);
    EXPECT_EQ(retries_.value(), kS3AttemptsMax - 1);
    EXPECT_LT(machine_.reactor().precise_ns() - begin, kMinuteNs);
}

TEST_F(S3ClientTest, RefusalsAreNotRepeatedAndTellNoSecret) {
    client_.set_credentials({"id", "another", ""});
    const auto refused = put("k", "x");
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid);
    EXPECT_EQ(refused.error().message,
              "PUT of k: the store answered 403 SignatureDoesNotMatch: so");
    EXPECT_EQ(bucket_.requests.size(), 1u);
    client_.set_credentials({"id", "secret", ""});
    bucket_.has_bucket = false;
    EXPECT_EQ(get("k").error().kind, ErrorKind::kNotFound);
}

TEST_F(S3ClientTest, WhoGivesUpWaitsForNobody) {
    bucket_.faults.assign(100, Fault::kSilent);
    const std::string text = "x";
    auto putting = client_.put("k", body_of(text), std::nullopt, false);
    machine_.run_turns(putting, 50);
    ASSERT_FALSE(putting.done());
    const std::int64_t begin = machine_.reactor().precise_ns();
    client_.give_up();
    const auto failed = machine_.run(std::move(putting));
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().kind, ErrorKind::kCancelled);
    EXPECT_LT(machine_.reactor().precise_ns() - begin, kSecondNs);
    EXPECT_EQ(put("k", "x").error().kind, ErrorKind::kCancelled);
}

TEST_F(S3ClientTest, ALargeFileGoesInParts) {
    for (const std::size_t bytes : {1ul, 8 * kMiB, 8 * kMiB + 1, 20 * kMiB}) {
        const FileUpload upload = make_file(bytes);
        const auto done = machine_.run(upload_file(client_, upload));
        ASSERT_TRUE(done.ok()) << done.error().message;
        EXPECT_EQ(machine_.run(client_.find("big"))->value(),
                  (ObjectFacts{bytes, upload.checksum}));
        const std::string& object = contents_.objects.at("pre fix/big").bytes;
        EXPECT_EQ(crc32c(as_byte_span(std::string_view(object))), upload.checksum);
        EXPECT_TRUE(contents_.uploads.empty());
    }
    EXPECT_EQ(contents_.uploads_begun, 2u);
}

TEST_F(S3ClientTest, AFileThatHasChangedIsNotPut) {
    for (const std::size_t bytes : {100ul, 9 * kMiB}) {
        FileUpload upload = make_file(bytes);
        upload.checksum ^= 1;
        const auto done = machine_.run(upload_file(client_, upload));
        ASSERT_FALSE(done.ok());
        EXPECT_EQ(done.error().kind, ErrorKind::kCorrupt);
        EXPECT_TRUE(contents_.objects.empty());
        EXPECT_TRUE(contents_.uploads.empty());
    }
}

// Each request of an upload in parts ends in each way once: the object is there all the same, and
// no part takes space.
TEST_F(S3ClientTest, EveryFaultOfAnUploadIsMended) {
    const FileUpload upload = make_file(9 * kMiB);
    for (const Fault fault : {Fault::kSlowDown, Fault::kInternal, Fault::kLost, Fault::kClosed,
                              Fault::kSilent, Fault::kWrongXml}) {
        for (std::size_t place = 0; place < 5; ++place) {
            contents_ = {};
            bucket_.faults.assign(place, Fault::kNone);
            bucket_.faults.push_back(fault);
            const auto done = machine_.run(upload_file(client_, upload));
            ASSERT_TRUE(done.ok()) << done.error().message;
            EXPECT_EQ(machine_.run(client_.find("big"))->value(),
                      (ObjectFacts{upload.bytes, upload.checksum}));
            EXPECT_TRUE(contents_.uploads.empty()) << int(fault) << ' ' << place;
        }
    }
}

TEST_F(S3ClientTest, WhatIsSentKeepsThePace) {
    io::Reactor& reactor = machine_.reactor();
    std::uint64_t sent = 0;
    const SendPace pace{kMiB, [&reactor, &sent](std::uint64_t bytes) -> io::Task<void> {
                            return [](io::Reactor& r, std::uint64_t& all,
                                      std::uint64_t n) -> io::Task<void> {
                                all += n;
                                co_await r.sleep_ns(static_cast<std::int64_t>(n) * kSecondNs /
                                                    static_cast<std::int64_t>(kMiB));
                            }(reactor, sent, bytes);
                        }};
    S3Client client(reactor, address(), trust_, pace, retries_, 1);
    client.set_credentials({"id", "secret", ""});
    const FileUpload upload = make_file(60 * kMiB);
    const std::int64_t begin = reactor.precise_ns();
    const auto done = machine_.run(upload_file(client, upload));
    ASSERT_TRUE(done.ok()) << done.error().message;
    EXPECT_GE(reactor.precise_ns() - begin, 60 * kSecondNs);
    EXPECT_GE(sent, upload.bytes);
    EXPECT_EQ(retries_.value(), 0u);
    machine_.run(client.close());
}

}  // namespace
}  // namespace sluice::server
