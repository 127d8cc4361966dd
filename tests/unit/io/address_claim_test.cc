#include "sluice/io/address_claim.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

#include "../../../src/io/system_calls.h"

namespace sluice::io {
namespace {

// Closes what it holds, so that a test that fails leaves no port behind.
class Listening {
public:
    explicit Listening(Result<int> fd) : fd_(fd.ok() ? *fd : -1) {}
    ~Listening() {
        if (fd_ >= 0) ::close(fd_);
    }
    bool ok() const { return fd_ >= 0; }
    std::uint16_t port() const { return *system_local_port(fd_); }

private:
    int fd_;
};

TEST(AddressClaim, IsRefusedWhereSomebodyListens) {
    const Listening one(system_listen("127.0.0.1", 0));
    ASSERT_TRUE(one.ok());
    for (const char* const address : {"127.0.0.1", "0.0.0.0"}) {
        const Result<AddressClaim> claim = AddressClaim::take(address, one.port());
        ASSERT_FALSE(claim.ok()) << address;
        EXPECT_EQ(claim.error().os_error, EADDRINUSE);
        EXPECT_NE(claim.error().message.find(address), std::string::npos);
    }
    // Its own listeners do share.
    EXPECT_TRUE(Listening(system_listen("127.0.0.1", one.port())).ok());
    // An address of this machine that nothing else connects from.
    EXPECT_TRUE(AddressClaim::take("127.77.0.1", one.port()).ok());

    const Listening all(system_listen("0.0.0.0", 0));
    ASSERT_TRUE(all.ok());
    EXPECT_FALSE(AddressClaim::take("127.0.0.1", all.port()).ok());
}

TEST(AddressClaim, LetsListenersJoinAndNoOtherClaim) {
    std::uint16_t port = 0;
    {
        const Listening chosen(system_listen("127.0.0.1", 0));
        ASSERT_TRUE(chosen.ok());
        port = chosen.port();
    }
    Result<AddressClaim> claim = AddressClaim::take("127.0.0.1", port);
    ASSERT_TRUE(claim.ok()) << claim.error().message;
    EXPECT_FALSE(AddressClaim::take("127.0.0.1", port).ok());
    const Listening first(system_listen("127.0.0.1", port));
    const Listening second(system_listen("127.0.0.1", port));
    EXPECT_TRUE(first.ok());
    EXPECT_TRUE(second.ok());
    claim = AddressClaim();
    EXPECT_FALSE(AddressClaim::take("127.0.0.1", port).ok());
}

}  // namespace
}  // namespace sluice::io
