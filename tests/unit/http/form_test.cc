#include "sluice/http/form.h"

#include <gtest/gtest.h>

namespace sluice::http {
namespace {

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
    ASSERT_TRUE(
        parse_form("application/x-www-form-urlencoded; charset=utf-8", "q=a+b&db=x", parameters)
            .ok());
    EXPECT_EQ(parameters.get("q"), "a b");
    EXPECT_EQ(parameters.get("db"), "x");
}

TEST(ParseForm, ReadsFilesAndFieldsOfMultipart) {
    Parameters parameters;
    ASSERT_TRUE(parse_form(kMultipart, kBody, parameters).ok());
    EXPECT_EQ(parameters.get("q"), "CREATE DATABASE a;\r\nSHOW DATABASES");
    EXPECT_EQ(parameters.get("async"), "true");
}

TEST(ParseForm, PrefersAFieldToAFile) {
    Parameters parameters;
    parameters.add("q", "first");
    ASSERT_TRUE(parse_form(kMultipart, kBody, parameters).ok());
    EXPECT_EQ(parameters.get("q"), "first");
}

TEST(ParseForm, RefusesEveryTruncationOfMultipart) {
    const std::size_t end = kBody.rfind("--\r\n");
    for (std::size_t size = 0; size < end; ++size) {
        Parameters parameters;
        EXPECT_FALSE(parse_form(kMultipart, kBody.substr(0, size), parameters).ok()) << size;
    }
    Parameters parameters;
    EXPECT_FALSE(parse_form("multipart/form-data", kBody, parameters).ok());
}

TEST(ParseForm, IgnoresOtherTypes) {
    Parameters parameters;
    ASSERT_TRUE(parse_form("application/json", "q=a", parameters).ok());
    EXPECT_FALSE(parameters.contains("q"));
}

}  // namespace
}  // namespace sluice::http
