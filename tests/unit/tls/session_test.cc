// Two ends of a session that talk through strings: whole, in pieces of every size, and damaged.
#include "sluice/tls/session.h"

#include <gtest/gtest.h>

#include "session_pair.h"

namespace sluice::tls {
namespace {

using testing::CertificateWish;
using testing::Certified;
using testing::client_context;
using testing::read_all;
using testing::server_context;
using testing::SessionPair;

class TlsSession : public ::testing::Test {
protected:
    std::string send(Session& from, testing::Wire& wire, Session& to, std::string_view plain) {
        EXPECT_EQ(from.write(as_byte_span(plain)), Step::kDone);
        wire.take(from);
        std::string got;
        while (wire.give()) EXPECT_EQ(read_all(to, got), Step::kWantInput);
        return got;
    }

    const Certified authority_ = testing::make_authority("authority");
    const Certified certified_ = testing::make_certificate(authority_, {});
};

TEST_F(TlsSession, CarriesBytesBothWays) {
    SessionPair pair(server_context(certified_), client_context(authority_));
    pair.shake_hands();
    ASSERT_TRUE(pair.have_met()) << pair.server.failure() << pair.client.failure();
    EXPECT_EQ(send(pair.client, pair.to_server, pair.server, "GET /ping"), "GET /ping");
    EXPECT_EQ(send(pair.server, pair.to_client, pair.client, "204"), "204");
    EXPECT_EQ(pair.server.peer_common_name(), "");
    EXPECT_FALSE(pair.server.was_resumed());
}

TEST_F(TlsSession, DoesNotCareWhereItsBytesAreCut) {
    const auto server = server_context(certified_);
    const auto client = client_context(authority_);
    std::string long_text(40'000, 'x');
    for (std::size_t i = 0; i < long_text.size(); ++i)
        long_text[i] = static_cast<char>('a' + i % 23);
    for (const std::size_t piece :
         {1u, 2u, 3u, 4u, 5u, 6u, 7u, 16u, 100u, 1000u, 16384u, 16405u, 16406u, 16407u}) {
        SessionPair pair(server, client, "localhost", piece);
        pair.shake_hands();
        ASSERT_TRUE(pair.have_met()) << piece;
        EXPECT_EQ(send(pair.client, pair.to_server, pair.server, long_text), long_text) << piece;
        EXPECT_EQ(send(pair.server, pair.to_client, pair.client, "short"), "short") << piece;
    }
}

TEST_F(TlsSession, TakesARecordThatIsCutAnywhere) {
    SessionPair pair(server_context(certified_), client_context(authority_));
    pair.shake_hands();
    const std::string text = "one line of the protocol";
    for (std::size_t cut = 1;; ++cut) {
        ASSERT_EQ(pair.client.write(as_byte_span(text)), Step::kDone);
        std::vector<std::byte> record;
        pair.client.take_output(record);
        if (cut >= record.size()) break;
        std::string got;
        const ByteSpan bytes(record);
        pair.server.set_input(bytes.first(cut));
        ASSERT_EQ(read_all(pair.server, got), Step::kWantInput);
        EXPECT_EQ(got, "") << cut;
        pair.server.set_input(bytes.subspan(cut));
        ASSERT_EQ(read_all(pair.server, got), Step::kWantInput);
        EXPECT_EQ(got, text) << cut;
    }
}

TEST_F(TlsSession, ReadsIntoSmallPlaces) {
    SessionPair pair(server_context(certified_), client_context(authority_));
    pair.shake_hands();
    ASSERT_EQ(pair.client.write(as_byte_span("abcdef")), Step::kDone);
    pair.to_server.take(pair.client);
    EXPECT_FALSE(pair.server.can_read());
    ASSERT_TRUE(pair.to_server.give());
    std::string got;
    while (pair.server.can_read()) {
        std::byte one;
        const Session::Read read = pair.server.read({&one, 1});
        ASSERT_EQ(read.step, Step::kDone);
        got += static_cast<char>(one);
    }
    EXPECT_EQ(got, "abcdef");
}

TEST_F(TlsSession, TellsItsEnd) {
    SessionPair pair(server_context(certified_), client_context(authority_));
    pair.shake_hands();
    pair.client.close();
    pair.to_server.take(pair.client);
    ASSERT_TRUE(pair.to_server.give());
    std::string got;
    EXPECT_EQ(read_all(pair.server, got), Step::kClosed);
    // The other half is open still.
    EXPECT_EQ(send(pair.server, pair.to_client, pair.client, "answer"), "answer");
}

TEST_F(TlsSession, RefusesADamagedRecord) {
    SessionPair pair(server_context(certified_), client_context(authority_));
    pair.shake_hands();
    ASSERT_EQ(pair.client.write(as_byte_span("bytes")), Step::kDone);
    std::vector<std::byte> record;
    pair.client.take_output(record);
    record.back() ^= std::byte{1};
    pair.server.set_input(record);
    std::string got;
    EXPECT_EQ(read_all(pair.server, got), Step::kFailed);
    EXPECT_EQ(got, "");
    EXPECT_TRUE(pair.server.has_output());  // the alert
    EXPECT_EQ(pair.server.write(as_byte_span("more")), Step::kFailed);
}

TEST_F(TlsSession, RefusesGarbage) {
    Session server(server_context(certified_));
    const std::string garbage(64, '\x17');
    server.set_input(as_byte_span(garbage));
    EXPECT_EQ(server.handshake(), Step::kFailed);
    EXPECT_NE(server.failure(), "");
    EXPECT_EQ(server.handshake(), Step::kFailed);
}

TEST_F(TlsSession, ClientLooksAtNameTimeAndAuthority) {
    CertificateWish other;
    other.common_name = "other";
    other.names = "DNS:other";
    CertificateWish over;
    over.begins_s = -7200;
    over.ends_s = -3600;
    struct Case {
        Certified certified;
        std::string name;
        std::string why;
    };
    const Case cases[] = {
        {certified_, "localhost", ""},
        {certified_, "127.0.0.1", ""},
        {certified_, "127.0.0.2", "IP address mismatch"},
        {testing::make_certificate(authority_, other), "localhost", "hostname mismatch"},
        {testing::make_certificate(authority_, over), "localhost", "certificate has expired"},
        {testing::make_certificate(testing::make_authority("stranger"), {}), "localhost",
         "unable to get local issuer certificate"},
    };
    for (const Case& each : cases) {
        SessionPair pair(server_context(each.certified), client_context(authority_), each.name);
        pair.shake_hands();
        EXPECT_EQ(pair.have_met(), each.why.empty()) << each.name;
        EXPECT_NE(pair.client.failure().find(each.why), std::string::npos) << pair.client.failure();
    }
}

}  // namespace
}  // namespace sluice::tls
