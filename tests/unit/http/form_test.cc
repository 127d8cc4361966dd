#include "sluice/http/form.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "sluice/base/random.h"

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

TEST(ParseForm, ReadsWhateverPartsAClientMakes) {
    Random random(1);
    for (int round = 0; round < 1'500; ++round) {
        const std::string boundary = "----b" + std::to_string(random.below(1000));
        std::string body = random.chance(0.3) ? "preamble that nobody reads\r\n" : "";
        std::vector<std::pair<std::string, std::string>> fields;
        std::vector<std::pair<std::string, std::string>> files;
        for (std::uint64_t n = random.below(5); n > 0; --n) {
            constexpr std::string_view kBytes = "ab\r\n-\xFF\"= ";
            std::string content;
            for (std::uint64_t size = random.below(30); size > 0; --size) {
                content += kBytes[random.below(kBytes.size())];
            }
            const std::string name = "f" + std::to_string(fields.size() + files.size());
            const bool is_file = random.chance(0.4);
            body += "--" + boundary + "\r\n";
            if (random.chance(0.3)) body += "Content-Type: text/plain\r\n";
            body += (random.chance(0.5) ? "Content-Disposition" : "content-disposition");
            body += ": form-data; name=\"" + name + "\"";
            if (is_file) body += "; filename=\"x; y=z.txt\"";
            body += "\r\n\r\n" + content + "\r\n";
            (is_file ? files : fields).emplace_back(name, content);
        }
        body += "--" + boundary + "--\r\n";
        Parameters parameters;
        std::vector<FormFile> found;
        const auto read =
            parse_form("multipart/form-data; charset=utf-8; boundary=\"" + boundary + "\"", body,
                       parameters, found);
        ASSERT_TRUE(read.ok()) << read.error().message;
        for (const auto& [name, content] : fields) ASSERT_EQ(parameters.get(name), content) << body;
        ASSERT_EQ(found.size(), files.size());
        for (std::size_t i = 0; i < files.size(); ++i) {
            ASSERT_EQ(found[i].name, files[i].first);
            ASSERT_EQ(found[i].content, files[i].second);
        }
    }
}

}  // namespace
}  // namespace sluice::http
