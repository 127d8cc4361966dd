// The one organisation, by name and by id.
#include "server/services/organization.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

std::string answer(std::string_view own, std::string_view name, std::string_view id) {
    const auto refusal = check_organization(own, name, id);
    return refusal ? std::to_string(refusal->status) + " " + refusal->message : "ok";
}

TEST(Organization, WithoutANameAnswersToEveryName) {
    EXPECT_EQ(answer("", "", ""), "ok");
    EXPECT_EQ(answer("", "any", "nonsense"), "ok");
}

TEST(Organization, WithANameIsThatAlone) {
    EXPECT_EQ(answer("acme", "acme", ""), "ok");
    EXPECT_EQ(answer("acme", "", ""), "400 Please provide either orgID or org");
    EXPECT_EQ(answer("acme", "other", ""), "404 organization name \"other\" not found");
    EXPECT_EQ(answer("acme", "acme", "0123456789abcdef"), "404 organization not found");
    EXPECT_EQ(answer("acme", "", "x"), "404 organization not found");
}

TEST(Organization, IsNamedByTheCatalogBeforeTheSetting) {
    meta::Catalog catalog;
    EXPECT_EQ(organization_name(catalog, ""), "");
    EXPECT_EQ(organization_name(catalog, "set"), "set");
    catalog.organization.name = "own";
    EXPECT_EQ(organization_name(catalog, "set"), "own");
}

}  // namespace
}  // namespace sluice::server
