// The JSON of requests.
#include "server/v2/json_body.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

TEST(JsonBody, HasTheMembersOfAnObject) {
    const auto body = JsonBody::parse(
        R"({"a":"x\"y","n":-5,"b":true,"z":null,"o":{"i":7},"l":[{"k":"1"},{"k":"2"}],"a":"last"})");
    ASSERT_TRUE(body.ok());
    const JsonBody::Object& root = body->root();
    EXPECT_EQ(*root.text("a"), "last");
    EXPECT_EQ(*root.integer("n"), -5);
    EXPECT_EQ(*root.boolean("b"), true);
    EXPECT_FALSE(root.text("z")->has_value());
    EXPECT_FALSE(root.text("A")->has_value());
    EXPECT_EQ(*root.object("o")->integer("i"), 7);
    EXPECT_TRUE(root.object("none")->is_absent());
    EXPECT_FALSE(root.object("none")->text("x")->has_value());
    std::string keys;
    const auto add = [&keys](const JsonBody::Object& each) -> Result<void> {
        keys += each.text("k")->value_or("");
        return {};
    };
    EXPECT_TRUE(*root.for_each("l", add));
    EXPECT_EQ(keys, "12");
    EXPECT_FALSE(*root.for_each("none", add));
}

TEST(JsonBody, RefusesWhatIsOfAnotherType) {
    const auto body = JsonBody::parse(R"({"a":1,"b":"x","c":[1],"d":1.5})");
    ASSERT_TRUE(body.ok());
    const auto nothing = [](const JsonBody::Object&) -> Result<void> { return {}; };
    EXPECT_EQ(body->root().text("a").error().message,
              "the member \"a\" of the body is not a string");
    EXPECT_FALSE(body->root().integer("b").ok());
    EXPECT_FALSE(body->root().integer("d").ok());
    EXPECT_FALSE(body->root().boolean("a").ok());
    EXPECT_FALSE(body->root().object("a").ok());
    EXPECT_FALSE(body->root().for_each("a", nothing).ok());
    EXPECT_FALSE(body->root().for_each("c", nothing).ok());
    for (const char* text : {"", "{", "[]", "1", "{\"a\":}", "{} x"}) {
        EXPECT_FALSE(JsonBody::parse(text).ok()) << text;
    }
}

}  // namespace
}  // namespace sluice::server
