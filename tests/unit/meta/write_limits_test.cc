// PAST LIMIT and FUTURE LIMIT of policies: rules and stored form.
#include <gtest/gtest.h>

#include "meta/draft/catalog_draft.h"
#include "meta/log/catalog_snapshot.h"
#include "sluice/meta/catalog_editor.h"

namespace sluice::meta {
namespace {

class WriteLimitsTest : public testing::Test {
protected:
    // The error's text, or "ok". What the log keeps gives the same limits.
    std::string run(const std::function<Result<void>(CatalogEditor&)>& change) {
        CatalogEditor editor(*catalog_);
        const Result<void> result = change(editor);
        if (!result.ok()) return result.error().message;
        CatalogDraft again(*catalog_);
        EXPECT_TRUE(again.apply(editor.changes(), Misfit::kRefuse).ok());
        const auto replayed = again.finish();
        catalog_ = std::move(editor).finish();
        EXPECT_EQ(limits(*replayed), limits(*catalog_));
        return "ok";
    }
    std::string alter(const RetentionPolicyUpdate& update) {
        return run([&](CatalogEditor& e) {
            return e.alter_retention_policy("d", "autogen", update, false);
        });
    }
    static model::WriteLimits limits(const Catalog& catalog) {
        return catalog.find_database("d")->find_policy({})->write_limits;
    }
    model::WriteLimits limits() const { return limits(*catalog_); }

    std::shared_ptr<const Catalog> catalog_ = std::make_shared<Catalog>();
};

RetentionPolicySpec spec_of(std::optional<std::int64_t> past, std::optional<std::int64_t> future) {
    RetentionPolicySpec spec;
    spec.past_limit_ns = past;
    spec.future_limit_ns = future;
    return spec;
}

TEST_F(WriteLimitsTest, AreMadeAlteredAndTakenAway) {
    EXPECT_EQ(run([](CatalogEditor& e) { return e.create_database("d", spec_of(5, {})); }), "ok");
    EXPECT_EQ(limits(), (model::WriteLimits{5, 0}));
    RetentionPolicyUpdate update;
    update.future_limit_ns = 7;
    EXPECT_EQ(alter(update), "ok");
    EXPECT_EQ(limits(), (model::WriteLimits{5, 7}));
    update = {};
    update.past_limit_ns = 0;
    update.future_limit_ns = 0;
    EXPECT_EQ(alter(update), "ok");
    EXPECT_FALSE(limits().any());
}

// What another statement says of a policy leaves its limits alone.
TEST_F(WriteLimitsTest, StayWhereNothingIsSaidOfThem) {
    run([](CatalogEditor& e) { return e.create_database("d", spec_of(5, 7)); });
    RetentionPolicyUpdate update;
    update.replica_n = 2;
    EXPECT_EQ(alter(update), "ok");
    EXPECT_EQ(limits(), (model::WriteLimits{5, 7}));
    EXPECT_EQ(run([](CatalogEditor& e) { return e.create_database("d", spec_of({}, {})); }), "ok");
    EXPECT_EQ(run([](CatalogEditor& e) { return e.create_database("d", spec_of(6, {})); }),
              "retention policy conflicts with an existing policy");
    EXPECT_EQ(limits(), (model::WriteLimits{5, 7}));
}

TEST_F(WriteLimitsTest, AreNotBelowZero) {
    EXPECT_EQ(run([](CatalogEditor& e) { return e.create_database("d", spec_of(-1, {})); }),
              "negative write limit");
}

// A catalog without limits is as it was before there were any.
TEST_F(WriteLimitsTest, AreStoredOnlyWhereThereAreSome) {
    CatalogEditor without(*catalog_);
    ASSERT_TRUE(without.create_database("d", spec_of({}, {})).ok());
    CatalogEditor with(*catalog_);
    ASSERT_TRUE(with.create_database("d", spec_of(1, 300)).ok());
    const ByteSpan more = with.changes();
    const ByteSpan less = without.changes();
    ASSERT_EQ(more.size(), less.size() + 14);
    // Operation 31, "d", "autogen", varints 1 and 300.
    const std::string_view tail = as_text(more.subspan(less.size()));
    EXPECT_EQ(tail, std::string_view("\x1f\x01"
                                     "d\x07"
                                     "autogen\x01\xac\x02",
                                     14));
}

}  // namespace
}  // namespace sluice::meta
