// What a context refuses, and the sentence that it says then.
#include "sluice/tls/context.h"

#include <gtest/gtest.h>

#include <ctime>

#include "certificates.h"

namespace sluice::tls {
namespace {

using testing::CertificateWish;
using testing::Certified;

class ContextOfServer : public ::testing::Test {
protected:
    std::string refusal() {
        const auto made = Context::for_server(options_, TicketKeys{});
        return made.ok() ? "" : made.error().message;
    }

    const Certified authority_ = testing::make_authority("authority");
    const Certified certified_ = testing::make_certificate(authority_, {});
    ServerOptions options_{
        {"cert.pem", certified_.certificate}, {"key.pem", certified_.key}, {}, true, {}};
};

TEST_F(ContextOfServer, TakesACertificateWithItsKeyAndKnowsItsDays) {
    const auto made = Context::for_server(options_, TicketKeys{});
    ASSERT_TRUE(made.ok()) << made.error().message;
    const std::int64_t now_s = std::time(nullptr);
    EXPECT_NEAR(static_cast<double>((*made)->not_after_s() - now_s), 30 * 86400, 60);
    EXPECT_LT((*made)->not_before_s(), now_s);
}

TEST_F(ContextOfServer, TakesTheEarliestEndOfAChain) {
    CertificateWish wish;
    wish.ends_s = 3 * 86400;
    options_.certificates.text += testing::make_certificate(authority_, wish).certificate;
    const auto made = Context::for_server(options_, TicketKeys{});
    ASSERT_TRUE(made.ok()) << made.error().message;
    EXPECT_NEAR(static_cast<double>((*made)->not_after_s() - std::time(nullptr)), 3 * 86400, 60);
}

TEST_F(ContextOfServer, TakesBothFromOneFile) {
    options_.certificates.text = certified_.key + certified_.certificate;
    options_.private_key = options_.certificates;
    EXPECT_EQ(refusal(), "");
}

TEST_F(ContextOfServer, RefusesWhatItCannotUse) {
    const ServerOptions good = options_;
    options_.certificates.text = "no certificate";
    EXPECT_EQ(refusal(), "cert.pem holds no certificate in PEM form");
    options_.certificates.text = good.certificates.text.substr(0, 200);
    EXPECT_TRUE(refusal().starts_with("cert.pem: a certificate in it cannot be read: "))
        << refusal();
    options_ = good;
    options_.private_key.text = "no key";
    EXPECT_EQ(refusal(), "key.pem holds no private key in PEM form");
    options_.private_key.text = authority_.key;
    EXPECT_EQ(refusal(),
              "the private key in key.pem does not belong to the first certificate in cert.pem");
    options_ = good;
    options_.client_authorities = {"ca.pem", "nobody"};
    EXPECT_EQ(refusal(), "ca.pem holds no certificate in PEM form");
}

TEST_F(ContextOfServer, RefusesAKeyThatNeedsAPassword) {
    options_.private_key.text =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
        "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhA4eE6hCzJsAICCAAw\n"
        "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEKz7xC8lhUUTqA/1BtmLj5QEgZCO\n"
        "-----END ENCRYPTED PRIVATE KEY-----\n";
    EXPECT_TRUE(refusal().starts_with("key.pem")) << refusal();
}

TEST(Versions, KnowsTheNamesOfInfluxDB) {
    struct Case {
        Versions versions;
        std::string sentence;
    };
    const std::string right = "; a right one is \"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\"";
    const Case cases[] = {
        {{"", "", {}}, ""},
        {{"tls1.2", "tls1.3", {}}, ""},
        {{"TLS1.3", "", {}}, ""},
        {{"1.2", "1.2", {}}, ""},
        {{"tls1.3", "tls1.2", {}}, "tls.min-version: it is above tls.max-version"},
        {{"tls1.1", "", {}},
         "tls.min-version: \"tls1.1\" is broken and not offered; name \"tls1.2\" or \"tls1.3\""},
        {{"", "tls2", {}},
         "tls.max-version: unknown version \"tls2\"; name \"tls1.2\" or \"tls1.3\""},
        {{"", "", {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "TLS_AES_256_GCM_SHA384"}}, ""},
        {{"", "", {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"}}, ""},
        {{"", "", {"AES"}}, "tls.ciphers: unknown cipher \"AES\"" + right},
    };
    for (const Case& each : cases) {
        const auto checked = check_versions(each.versions);
        EXPECT_EQ(checked.ok() ? "" : checked.error().message, each.sentence);
    }
}

}  // namespace
}  // namespace sluice::tls
