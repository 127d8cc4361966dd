// Against what AWS has published: the examples of S3's documentation, and the vectors of the test
// suite of Signature Version 4.
#include "server/s3/request_signature.h"

#include <gtest/gtest.h>

#include "sluice/base/units.h"

namespace sluice::server {
namespace {

const std::string kEmptyHash = sha256_hex({});

std::string signature_in(const std::string& authorization) {
    return authorization.substr(authorization.find("Signature=") + 10);
}

// Of the examples in S3's documentation.
class S3Examples : public testing::Test {
protected:
    static std::string sign(SignableRequest request) {
        const S3Credentials credentials{"AKIAIOSFODNN7EXAMPLE",
                                        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
        request.headers.emplace_back("host", "examplebucket.s3.amazonaws.com");
        if (request.payload_hash.empty()) request.payload_hash = kEmptyHash;
        constexpr std::int64_t kMay24Of2013 = 1'369'353'600;
        sign_request(request, credentials, kMay24Of2013 * kSecondNs, {"us-east-1", "s3"});
        return signature_in(request.headers.back().second);
    }
};

TEST_F(S3Examples, GetObject) {
    EXPECT_EQ(sign({"GET", "/test.txt", {}, {{"range", "bytes=0-9"}}, ""}),
              "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST_F(S3Examples, PutObject) {
    const std::string body = "Welcome to Amazon S3.";
    EXPECT_EQ(sign({"PUT",
                    "/test$file.text",
                    {},
                    {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                     {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                    sha256_hex(as_byte_span(std::string_view(body)))}),
              "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST_F(S3Examples, GetBucketLifecycle) {
    EXPECT_EQ(sign({"GET", "/", {{"lifecycle", ""}}, {}, ""}),
              "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST_F(S3Examples, ListObjects) {
    EXPECT_EQ(sign({"GET", "/", {{"prefix", "J"}, {"max-keys", "2"}}, {}, ""}),
              "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

// Of the suite: everything but the named part is that of "get-vanilla".
std::string suite_signature(const std::string& path,
                            std::vector<std::pair<std::string, std::string>> query = {}) {
    const SignableRequest request{
        "GET",
        path,
        std::move(query),
        {{"host", "example.amazonaws.com"}, {"x-amz-date", "20150830T123600Z"}},
        kEmptyHash};
    const S3Credentials credentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
    return signature_in(
        authorization_of(request, credentials, "20150830T123600Z", {"us-east-1", "service"}));
}

TEST(RequestSignature, PassesTheSuiteOfVersion4) {
    EXPECT_EQ(suite_signature("/"),
              "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    EXPECT_EQ(suite_signature("/\u1234"),
              "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85");
    EXPECT_EQ(suite_signature("/", {{"Param2", "value2"}, {"Param1", "value1"}}),
              "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
}

TEST(RequestSignature, DerivesTheKeyOfADay) {
    const S3Credentials credentials{"", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
    const std::string key = signing_key(credentials, "20150830T123600Z", {"us-east-1", "iam"});
    std::string digits;
    for (const char c : key) {
        char two[3];
        std::snprintf(two, sizeof two, "%02x", static_cast<unsigned char>(c));
        digits += two;
    }
    EXPECT_EQ(digits, "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
}

TEST(RequestSignature, EncodesPathsOnceAndLeavesSlashes) {
    const struct {
        const char* path;
        const char* target;
    } cases[] = {
        {"/", "/"},
        {"/b", "/b"},
        {"/a b", "/a%20b"},
        {"/a+b", "/a%2Bb"},
        {"/we%20ird", "/we%2520ird"},
        {"/day=2026-11-28/node=n1/3-1-0.parquet", "/day%3D2026-11-28/node%3Dn1/3-1-0.parquet"},
        {"/Z\u00FCrich/\u6771", "/Z%C3%BCrich/%E6%9D%B1"},
        {"//x/../y/", "//x/../y/"},
        {"/.sluice/n~1_", "/.sluice/n~1_"},
        {"/a?b#c&d", "/a%3Fb%23c%26d"},
        {"/\x01\x7F\xFF", "/%01%7F%FF"},
        {"/(!'*)", "/%28%21%27%2A%29"},
    };
    for (const auto& each : cases) {
        const SignableRequest request{"GET", each.path, {}, {}, ""};
        EXPECT_EQ(request_target(request), each.target);
        EXPECT_TRUE(
            canonical_request(request).starts_with(std::string("GET\n") + each.target + "\n\n"));
    }
}

TEST(RequestSignature, OrdersAndEncodesParameters) {
    const struct {
        std::vector<std::pair<std::string, std::string>> query;
        const char* target;
    } cases[] = {
        {{{"uploads", ""}}, "/?uploads="},
        {{{"prefix", "a/b=c d"}, {"list-type", "2"}}, "/?list-type=2&prefix=a%2Fb%3Dc%20d"},
        {{{"uploadId", "x+/="}, {"partNumber", "10"}}, "/?partNumber=10&uploadId=x%2B%2F%3D"},
        {{{"a", "2"}, {"a", "10"}}, "/?a=10&a=2"},
        {{{"b", ""}, {"B", ""}, {"a-b", ""}, {"a", ""}}, "/?B=&a=&a-b=&b="},
    };
    for (const auto& each : cases) {
        EXPECT_EQ(request_target({"GET", "/", each.query, {}, ""}), each.target);
    }
}

TEST(RequestSignature, HeadersAreInOrderAndWithoutSpareBlanks) {
    const SignableRequest request{
        "PUT", "/", {}, {{"x-b", "  two   words "}, {"host", "h"}, {"x-a", ""}}, "hash"};
    EXPECT_EQ(canonical_request(request),
              "PUT\n/\n\nhost:h\nx-a:\nx-b:two words\n\nhost;x-a;x-b\nhash");
}

TEST(RequestSignature, ASessionsTokenIsSigned) {
    SignableRequest request{"GET", "/", {}, {{"host", "h"}}, kEmptyHash};
    sign_request(request, {"id", "secret", "token"}, 0, {"r", "s3"});
    const std::string& authorization = request.headers.back().second;
    EXPECT_NE(authorization.find(
                  "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,"),
              std::string::npos)
        << authorization;
    EXPECT_EQ(authorization.find("secret"), std::string::npos);
    EXPECT_EQ(signature_time(0), "19700101T000000Z");
    EXPECT_EQ(signature_time(1'764'547'199 * kSecondNs), "20251130T235959Z");
}

}  // namespace
}  // namespace sluice::server
