// Tokens, what is said about buckets, and the organisation: rules and stored form.
#include <gtest/gtest.h>

#include "meta/draft/catalog_draft.h"
#include "meta/log/catalog_snapshot.h"
#include "sluice/meta/bucket.h"
#include "sluice/meta/catalog_editor.h"

namespace sluice::meta {
namespace {

Token token_of(std::uint64_t id, std::string_view text) {
    Token token;
    token.id = id;
    token.code = token_code_of(text);
    token.description = "api";
    token.permissions = {{Privilege::kWrite, "buckets", 0}};
    token.created_ns = 5;
    token.updated_ns = 6;
    return token;
}

class CatalogTokensTest : public testing::Test {
protected:
    void SetUp() override {
        run([](CatalogEditor& e) { return e.create_database("d", {}); });
        run([](CatalogEditor& e) { return e.create_user("ann", "hash", false); });
    }
    // The error's text, or "ok". What the log keeps gives the same catalog.
    std::string run(const std::function<Result<void>(CatalogEditor&)>& change) {
        CatalogEditor editor(*catalog_);
        const Result<void> result = change(editor);
        if (!result.ok()) {
            EXPECT_FALSE(editor.changed());
            return result.error().message;
        }
        CatalogDraft again(*catalog_);
        EXPECT_TRUE(again.apply(editor.changes(), Misfit::kRefuse).ok());
        const auto replayed = again.finish();
        catalog_ = std::move(editor).finish();
        EXPECT_EQ(describe(*replayed), describe(*catalog_));
        return "ok";
    }
    std::string create(Token token) {
        return run([&](CatalogEditor& e) { return e.create_token(token); });
    }
    static std::string describe(const Catalog& catalog) {
        std::string out;
        for (const auto& each : catalog.tokens) {
            out += id_text(each->id) + " " + each->user + " " + each->description +
                   (each->is_active ? " active " : " inactive ") +
                   std::to_string(each->permissions.size()) + " " +
                   std::to_string(each->created_ns) + " " + std::to_string(each->updated_ns) +
                   (catalog.find_token_of_code(each->code) == each.get() ? "\n" : " lost\n");
        }
        for (const auto& database : catalog.databases) {
            for (const auto& policy : database->retention_policies) {
                out += database->name + "/" + policy->name + " " + policy->facts.description + " " +
                       std::to_string(policy->facts.created_ns) + "\n";
            }
        }
        return out + catalog.organization.name + catalog.organization.description;
    }

    std::shared_ptr<const Catalog> catalog_ = std::make_shared<Catalog>();
};

TEST_F(CatalogTokensTest, AreFoundByIdAndByCode) {
    for (std::uint64_t id : {9u, 3u, 7u, 1u}) {
        EXPECT_EQ(create(token_of(id, "secret" + std::to_string(id))), "ok");
    }
    ASSERT_EQ(catalog_->tokens.size(), 4u);
    EXPECT_EQ(catalog_->tokens[0]->id, 1u);
    EXPECT_EQ(catalog_->find_token(7)->id, 7u);
    EXPECT_EQ(catalog_->find_token_of_code(token_code_of("secret3"))->id, 3u);
    EXPECT_EQ(catalog_->find_token_of_code(token_code_of("secret4")), nullptr);
    EXPECT_EQ(catalog_->find_token_of_code(""), nullptr);
    EXPECT_EQ(catalog_->find_token(4), nullptr);
}

TEST_F(CatalogTokensTest, WhatBeginsAlikeIsNotTheSame) {
    Token other = token_of(1, "a");
    Token token = token_of(2, "a");
    other.code.back() = static_cast<char>(other.code.back() ^ 1);
    EXPECT_EQ(create(other), "ok");
    EXPECT_EQ(create(token), "ok");
    EXPECT_EQ(catalog_->find_token_of_code(token.code)->id, 2u);
    EXPECT_EQ(catalog_->find_token_of_code(other.code)->id, 1u);
}

TEST_F(CatalogTokensTest, RefusesWhatIsThereAndWhatIsNot) {
    EXPECT_EQ(create(token_of(1, "a")), "ok");
    EXPECT_EQ(create(token_of(2, "a")), "token already exists");
    EXPECT_EQ(create(token_of(1, "b")), "token already exists");
    Token token = token_of(3, "c");
    token.user = "zed";
    EXPECT_EQ(create(token), "user not found");
    token.user = "ann";
    token.permissions = {{Privilege::kRead, "buckets", 77}};
    EXPECT_EQ(create(token), "bucket \"000000000000004d\" not found");
    const auto gone = [](CatalogEditor& e) { return e.drop_token(9); };
    EXPECT_EQ(run(gone), "authorization not found");
    EXPECT_EQ(run([](CatalogEditor& e) { return e.alter_token(9, "x", {}, 1); }),
              "authorization not found");
    EXPECT_EQ(run([](CatalogEditor& e) { return e.describe_bucket("e", "autogen", {}); }),
              "database not found: e");
    EXPECT_EQ(run([](CatalogEditor& e) { return e.describe_bucket("d", "never", {}); }),
              "retention policy not found: never");
    EXPECT_EQ(run([](CatalogEditor& e) { return e.name_organization({}); }),
              "an organization needs a name");
}

TEST_F(CatalogTokensTest, AChangeKeepsWhatItDoesNotName) {
    create(token_of(1, "a"));
    const auto before = catalog_;
    EXPECT_EQ(run([](CatalogEditor& e) { return e.alter_token(1, {}, false, 8); }), "ok");
    EXPECT_EQ(catalog_->find_token(1)->description, "api");
    EXPECT_FALSE(catalog_->find_token(1)->is_active);
    EXPECT_EQ(catalog_->find_token(1)->updated_ns, 8);
    EXPECT_TRUE(before->find_token(1)->is_active);
    EXPECT_EQ(run([](CatalogEditor& e) { return e.alter_token(1, "other", {}, 9); }), "ok");
    EXPECT_EQ(catalog_->find_token(1)->description, "other");
    EXPECT_FALSE(catalog_->find_token(1)->is_active);
    EXPECT_EQ(run([](CatalogEditor& e) { return e.drop_token(1); }), "ok");
    EXPECT_TRUE(catalog_->tokens.empty());
    EXPECT_TRUE(catalog_->tokens_by_code.empty());
}

TEST_F(CatalogTokensTest, GoWithTheUserWhoMadeThem) {
    Token token = token_of(1, "a");
    token.user = "ann";
    create(token);
    create(token_of(2, "b"));
    EXPECT_EQ(run([](CatalogEditor& e) { return e.drop_user("ann"); }), "ok");
    EXPECT_EQ(catalog_->find_token(1), nullptr);
    EXPECT_EQ(catalog_->find_token_of_code(token.code), nullptr);
    EXPECT_NE(catalog_->find_token(2), nullptr);
}

TEST_F(CatalogTokensTest, ABucketThatIsMadeAgainIsAnotherOne) {
    Token token = token_of(1, "a");
    token.permissions.push_back({Privilege::kRead, "buckets", bucket_id_of("d", "autogen")});
    create(token);
    run([](CatalogEditor& e) {
        e.drop_database("d");
        return e.create_database("d", {});
    });
    EXPECT_EQ(catalog_->find_token(1)->permissions.size(), 1u);
    token.id = 2;
    token.code = token_code_of("b");
    create(token);
    run([](CatalogEditor& e) {
        e.drop_retention_policy("d", "autogen");
        return Result<void>();
    });
    EXPECT_EQ(catalog_->find_token(2)->permissions.size(), 1u);
}

TEST_F(CatalogTokensTest, SurviveASnapshot) {
    create(token_of(2, "b"));
    create(token_of(1, "a"));
    run([](CatalogEditor& e) { return e.describe_bucket("d", "autogen", {"x", 5, 6}); });
    run([](CatalogEditor& e) { return e.name_organization({"o", "about", 5, 5}); });
    CatalogSnapshotEncoder encoder(*catalog_, 1, 1);
    ByteWriter bytes;
    while (encoder.next(bytes)) {
    }
    const CatalogFrames frames = scan_frames(bytes.span(), 1);
    CatalogDraft draft{Catalog{}};
    for (const auto& frame : frames.frames) {
        if (frame.kind != CatalogFrameKind::kSnapshotPart) continue;
        EXPECT_TRUE(draft.apply(frame.payload, Misfit::kRefuse).ok());
    }
    EXPECT_EQ(describe(*draft.finish()), describe(*catalog_));
}

// The example of CATALOG_FORMAT.md.
TEST_F(CatalogTokensTest, HaveTheStoredFormOfTheDocument) {
    CatalogEditor editor(*catalog_);
    Token token = token_of(1, "");
    token.code = std::string(32, '\xcc');
    ASSERT_TRUE(editor.create_token(token).ok());
    ASSERT_TRUE(editor.alter_token(1, {}, false, 7).ok());
    ASSERT_TRUE(editor.drop_token(1).ok());
    ASSERT_TRUE(editor.describe_bucket("d", "autogen", {"x", 5, 6}).ok());
    ASSERT_TRUE(editor.name_organization({"o", "", 5, 5}).ok());
    std::string hex;
    std::size_t count = 0;
    for (const std::byte byte : editor.changes()) {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(byte));
        if (count != 0 && count % 4 == 0) hex += count % 32 == 0 ? '\n' : ' ';
        hex += digits;
        ++count;
    }
    EXPECT_EQ(hex,
              "1a010000 00000000 0020cccc cccccccc cccccccc cccccccc cccccccc cccccccc\n"
              "cccccccc cccccccc cccc0003 61706901 05000000 00000000 06000000 00000000\n"
              "01020762 75636b65 74730000 00000000 00001b01 00000000 00000003 61706900\n"
              "07000000 00000000 1c010000 00000000 001d0164 07617574 6f67656e 01780500\n"
              "00000000 00000600 00000000 00001e01 6f000500 00000000 00000500 00000000\n"
              "0000");
}

}  // namespace
}  // namespace sluice::meta
