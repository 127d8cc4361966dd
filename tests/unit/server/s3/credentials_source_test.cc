#include "server/s3/credentials_source.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace sluice::server {
namespace {

// "id|secret|token", or the sentence.
std::string text_of(const Result<S3Credentials>& found) {
    if (!found.ok()) return found.error().message;
    return found->key_id + '|' + found->secret + '|' + found->session_token;
}

TEST(CredentialsSource, ReadsTheFileOfAwsTools) {
    EXPECT_EQ(text_of(parse_credentials("[default]\naws_access_key_id = AKIA\n"
                                        "aws_secret_access_key=a/b+c=\n")),
              "AKIA|a/b+c=|");
    EXPECT_EQ(text_of(parse_credentials("# ours\r\naws_access_key_id=A\r\n; x\r\n"
                                        "aws_secret_access_key = B\r\naws_session_token = C")),
              "A|B|C");
    EXPECT_EQ(text_of(parse_credentials(
                  "[other]\naws_access_key_id = no\naws_secret_access_key = no\n[ default ]\n"
                  "region = x\naws_access_key_id = A\naws_secret_access_key = B\n[third]\n"
                  "aws_session_token = no\n")),
              "A|B|");
}

TEST(CredentialsSource, SaysWhatIsMissingAndNothingOfTheRest) {
    for (const char* text :
         {"", "[other]\naws_access_key_id = A\naws_secret_access_key = topsecret\n",
          "aws_secret_access_key = topsecret\n", "[default\naws_access_key_id = A\n"}) {
        const std::string said = text_of(parse_credentials(text));
        EXPECT_EQ(said, "aws_access_key_id of [default] is missing") << text;
    }
    EXPECT_EQ(text_of(parse_credentials("aws_access_key_id = A\n")),
              "aws_secret_access_key of [default] is missing");
    const std::string said =
        text_of(parse_credentials("aws_access_key_id = A\naws_secret_access_key = top secret\n"));
    EXPECT_NE(said.find("blanks"), std::string::npos);
    EXPECT_EQ(said.find("top"), std::string::npos);
}

TEST(CredentialsSource, TakesThemFromTheEnvironmentWithoutAFile) {
    for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}) {
        ::unsetenv(name);
    }
    EXPECT_EQ(text_of(load_credentials("")),
              "lake.credentials-file: there is none, and of the environment AWS_ACCESS_KEY_ID is "
              "missing");
    ::setenv("AWS_ACCESS_KEY_ID", "A", 1);
    EXPECT_EQ(text_of(load_credentials("")),
              "lake.credentials-file: there is none, and of the environment AWS_SECRET_ACCESS_KEY "
              "is missing");
    ::setenv("AWS_SECRET_ACCESS_KEY", "B", 1);
    EXPECT_EQ(text_of(load_credentials("")), "A|B|");
    ::setenv("AWS_SESSION_TOKEN", "C", 1);
    EXPECT_EQ(text_of(load_credentials("")), "A|B|C");

    // A file comes first.
    const std::string path = (std::filesystem::temp_directory_path() /
                              ("sluice-credentials-" + std::to_string(::getpid())))
                                 .string();
    EXPECT_NE(text_of(load_credentials(path)).find("lake.credentials-file: cannot read " + path),
              std::string::npos);
    std::ofstream(path) << "[default]\naws_access_key_id = F\n";
    EXPECT_EQ(text_of(load_credentials(path)),
              "lake.credentials-file: " + path + ": aws_secret_access_key of [default] is missing");
    std::ofstream(path) << "aws_access_key_id = F\naws_secret_access_key = G\n";
    EXPECT_EQ(text_of(load_credentials(path)), "F|G|");
    std::filesystem::remove(path);
}

}  // namespace
}  // namespace sluice::server
