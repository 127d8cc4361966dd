// Cookies of those who have signed in.
#include "server/auth/sessions.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

class SessionsTest : public testing::Test {
protected:
    void SetUp() override { set_user("ann", "hash"); }
    void set_user(std::string name, std::string hash) {
        auto user = std::make_shared<meta::User>();
        user->name = name;
        user->password_hash = hash;
        catalog_.users = {user};
    }
    std::string cookie() { return sessions_.cookie_of(*catalog_.users[0], 1000, 7); }
    bool is_good(const std::string& cookie, std::int64_t now_s = 1000) {
        const meta::User* const user = sessions_.user_of(cookie, catalog_, now_s);
        return user != nullptr && user->name == "ann";
    }

    meta::Catalog catalog_;
    Sessions sessions_{std::string(64, 'k')};
};

TEST_F(SessionsTest, ACookieIsGoodForAnHour) {
    EXPECT_TRUE(is_good(cookie()));
    EXPECT_TRUE(is_good(cookie(), 1000 + kSessionSeconds));
    EXPECT_FALSE(is_good(cookie(), 1001 + kSessionSeconds));
}

TEST_F(SessionsTest, ACookieThatWasChangedIsNotGood) {
    const std::string good = cookie();
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string bad = good;
        bad[i] = bad[i] == '1' ? '2' : '1';
        EXPECT_FALSE(is_good(bad)) << bad;
        EXPECT_FALSE(is_good(good.substr(0, i)));
    }
}

TEST_F(SessionsTest, APasswordThatWasChangedEndsIt) {
    const std::string before = cookie();
    set_user("ann", "other");
    EXPECT_FALSE(is_good(before));
    set_user("bob", "hash");
    EXPECT_FALSE(is_good(before));
}

TEST_F(SessionsTest, AnotherProcessDoesNotTakeIt) {
    const Sessions other(std::string(64, 'o'));
    EXPECT_EQ(other.user_of(cookie(), catalog_, 1000), nullptr);
    EXPECT_NE(draw_session_key(), draw_session_key());
}

TEST_F(SessionsTest, EndsWhenTheUserSignsOut) {
    const std::string other = sessions_.cookie_of(*catalog_.users[0], 1000, 8);
    sessions_.end(cookie(), 1000);
    EXPECT_FALSE(is_good(cookie()));
    EXPECT_TRUE(is_good(other));
    sessions_.end("nonsense", 1000);
}

TEST_F(SessionsTest, IsFoundAmongOtherCookies) {
    EXPECT_EQ(session_in("a=b; influxdb-oss-session=x.y; c=d"), "x.y");
    EXPECT_EQ(session_in("influxdb-oss-session=x.y"), "x.y");
    EXPECT_EQ(session_in("influxdb-oss-session-2=x.y; a"), "");
    EXPECT_EQ(session_in(""), "");
}

}  // namespace
}  // namespace sluice::server
