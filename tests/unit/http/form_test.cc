#include "sluice/http/form.h"

#include <gtest/gtest.h>

namespace sluice::http {
namespace {

using Files = std::vector<FormFile>;

constexpr std::string_view kMultipart = "multipart/form-data; boundary=----b1";
constexpr std::string_view kBody =
    "preamble\r\n------b1\r\n"
    "Content-Disposition: form-data; name=\"q\"; filename=\"queries.txt\"\r\n"
    "Content-Type: text/plain\r\n\r\n"
    "CREATE DATABASE a;\r\nSHOW DATABASES\r\n"
    "------b1\r\nContent-Disposition: form-data; name=\"async\"\r\n\r\ntrue\r\n"
    "------b1--\r\n";

TEST(ParseForm, ReadsUrlEncodedBodies) {
    Parameters parameters;
    Files files;
    constexpr std::string_view kType = "application/x-www-form-urlencoded; charset=utf-8";
    ASSERT_TRUE(parse_form(kType, "q=a+b&db=x", parameters, files).ok());
    EXPECT_EQ(parameters.get("q"), "a b");
    EXPECT_EQ(parameters.get("db"), "x");
}

TEST(ParseForm, ReadsFilesAndFieldsOfMultipart) {
    Parameters parameters;
    Files files;
    ASSERT_TRUE(parse_form(kMultipart, kBody, parameters, files).ok());
    EXPECT_FALSE(parameters.contains("q"));
    EXPECT_EQ(parameters.get("async"), "true");
    ASSERT_EQ(files.size(), 1u);
    EXPECT_EQ(files[0].name, "q");
    EXPECT_EQ(files[0].content, "CREATE DATABASE a;\r\nSHOW DATABASES");
}

TEST(ParseForm, KnowsMultipartByItsType) {
    EXPECT_TRUE(is_multipart(kMultipart));
    EXPECT_TRUE(is_multipart("Multipart/Form-Data"));
    EXPECT_FALSE(is_multipart("multipart/mixed; boundary=b"));
    EXPECT_FALSE(is_multipart(""));
}

TEST(ParseForm, RefusesEveryTruncationOfMultipart) {
    const std::size_t end = kBody.rfind("--\r\n");
    for (std::size_t size = 0; size < end; ++size) {
        Parameters parameters;
        Files files;
        EXPECT_FALSE(parse_form(kMultipart, kBody.substr(0, size), parameters, files).ok()) << size;
    }
    Parameters parameters;
    Files files;
    EXPECT_FALSE(parse_form("multipart/form-data", kBody, parameters, files).ok());
}

TEST(ParseForm, IgnoresOtherTypes) {
    Parameters parameters;
    Files files;
    ASSERT_TRUE(parse_form("application/json", "q=a", parameters, files).ok());
    EXPECT_FALSE(parameters.contains("q"));
}

}  // namespace
}  // namespace sluice::http
