#include "server/auth/credentials.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

std::string read(std::string_view query, std::string_view authorization) {
    http::Parameters parameters;
    parameters.parse(query);
    Credentials credentials;
    credentials.read(parameters, authorization);
    switch (credentials.kind()) {
        case Credentials::Kind::kNone:
            return "none";
        case Credentials::Kind::kPassword:
            return "user " + std::string(credentials.user()) + " password " +
                   std::string(credentials.password());
        case Credentials::Kind::kToken:
            return (credentials.may_be_web_token() ? "web token " : "token ") +
                   std::string(credentials.token());
    }
    return "";
}

TEST(Credentials, AreReadAsInfluxDBReadsThem) {
    struct Case {
        const char* query;
        const char* authorization;
        const char* expected;
    };
    for (const Case& each : std::initializer_list<Case>{
             {"", "", "none"},
             {"u=bob&p=secret", "", "user bob password secret"},
             {"db=d&p=a%3Ab&u=b%20b", "", "user b b password a:b"},
             {"u=bob", "", "none"},
             {"u=bob&p=", "", "none"},
             {"u=&p=secret", "", "none"},
             // The target goes first, where it names both.
             {"u=bob&p=secret", "Basic cm9vdDp4", "user bob password secret"},
             {"u=bob", "Basic cm9vdDp4", "user root password x"},
             {"", "Basic cm9vdDp4", "user root password x"},
             {"", "bAsIc cm9vdDp4", "user root password x"},
             {"", "Basic cm9vdDp4OnkgeiA=", "user root password x:y z "},
             {"", "Basic cm9vdDo=", "user root password "},
             {"", "Basic Ong=", "user  password x"},
             {"", "Basic cm9vdA==", "none"},
             {"", "Basic  cm9vdDp4", "none"},
             {"", "Basic cm9vdDp4 ", "none"},
             {"", "Basic", "none"},
             {"", "Basic ", "none"},
             {"", "Basic !!", "none"},
             {"", "Token bob:secret", "user bob password secret"},
             {"", "Token bob:a:b", "user bob password a:b"},
             {"", "Token bob:", "user bob password "},
             {"", "Token bob", "token bob"},
             {"", "Token a/b+c==", "token a/b+c=="},
             {"", "Token ", "none"},
             {"", "Token a b", "none"},
             {"", "Token bob:a b", "none"},
             {"", "token bob:secret", "none"},
             {"", "Bearer a.b.c", "web token a.b.c"},
             {"", "Bearer ", "none"},
             {"", "token abc", "token abc"},
             {"", "Bearer  a.b.c", "none"},
             {"", "Bearer a.b.c d", "none"},
             {"", "bearer a.b.c", "token a.b.c"},
             {"", "Digest x", "none"}}) {
        EXPECT_EQ(read(each.query, each.authorization), each.expected)
            << each.query << " " << each.authorization;
    }
}

TEST(Credentials, OfOneRequestAreNotThoseOfTheNext) {
    http::Parameters parameters;
    Credentials credentials;
    credentials.read(parameters, "Bearer a.b.c");
    EXPECT_TRUE(credentials.may_be_web_token());
    credentials.read(parameters, "Digest bob");
    EXPECT_EQ(credentials.kind(), Credentials::Kind::kNone);
    EXPECT_EQ(credentials.token(), "");
    EXPECT_FALSE(credentials.may_be_web_token());
    credentials.read(parameters, "Token bob:x");
    EXPECT_EQ(credentials.user(), "bob");
    credentials.read(parameters, "");
    EXPECT_EQ(credentials.kind(), Credentials::Kind::kNone);
    EXPECT_EQ(credentials.password(), "");
}

TEST(Credentials, AreForgottenWithWhatTheyHeldBefore) {
    Credentials credentials;
    credentials.set("ann", "secret");
    EXPECT_EQ(credentials.kind(), Credentials::Kind::kPassword);
    EXPECT_EQ(credentials.user(), "ann");
    EXPECT_EQ(credentials.password(), "secret");
    // What comes next stands alone, and an empty header leaves nothing at all.
    credentials.set("", "x");
    EXPECT_EQ(credentials.user(), "");
    EXPECT_EQ(credentials.password(), "x");
    credentials.read({}, "");
    EXPECT_EQ(credentials.kind(), Credentials::Kind::kNone);
    EXPECT_EQ(credentials.user(), "");
    EXPECT_EQ(credentials.password(), "");
    credentials.read({}, "Bearer abc");
    EXPECT_EQ(credentials.kind(), Credentials::Kind::kToken);
    EXPECT_EQ(credentials.token(), "abc");
    EXPECT_TRUE(credentials.may_be_web_token());
    credentials.read({}, "bearer abc");
    EXPECT_FALSE(credentials.may_be_web_token());
    credentials.read({}, "Token ann:pa:ss");
    EXPECT_EQ(credentials.user(), "ann");
    EXPECT_EQ(credentials.password(), "pa:ss");
}

}  // namespace
}  // namespace sluice::server
