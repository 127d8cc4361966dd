#include "query/statements/service_statements.h"

#include "query/compile/full_names.h"
#include "sluice/influxql/printer.h"

namespace sluice::query {

using namespace influxql;

io::Task<Result<void>> execute(StatementContext& context, CreateContinuousQueryStatement create) {
    const auto catalog = context.source.catalog();
    Defaults defaults = context.defaults;
    if (defaults.database.empty()) defaults.database = create.database;
    // The names are written out before the text is kept: it runs later, without a request that
    // would say which database is meant.
    SLUICE_CO_TRY_VOID(complete_names(create.select, *catalog, defaults));
    SLUICE_CO_TRY_VOID(check_policies(create.select, *catalog));
    meta::CatalogChange change = [&create](meta::CatalogEditor& editor) {
        return editor.create_continuous_query(create.database, create.name,
                                              to_string(Statement(create)));
    };
    co_return co_await context.source.change_catalog(std::move(change));
}

io::Task<Result<void>> execute(StatementContext& context, DropContinuousQueryStatement drop) {
    return context.source.change_catalog([drop](meta::CatalogEditor& editor) {
        editor.drop_continuous_query(drop.database, drop.name);
        return Result<void>();
    });
}

io::Task<Result<void>> execute(StatementContext& context, ShowContinuousQueriesStatement) {
    const auto catalog = context.source.catalog();
    AnswerWriter& writer = context.writer;
    for (const auto& database : catalog->databases) {
        if (!may_see(context, *catalog, database->name)) continue;
        writer.begin_series({database->name, {}, {"name", "query"}});
        for (const auto& query : database->continuous_queries) {
            writer.begin_row();
            writer.value(Value::of_string(query->name));
            writer.value(Value::of_string(query->text));
            writer.end_row();
        }
        writer.end_series();
    }
    co_return Result<void>();
}

io::Task<Result<void>> execute(StatementContext& context, CreateSubscriptionStatement create) {
    return context.source.change_catalog([create](meta::CatalogEditor& editor) {
        const meta::Subscription subscription{
            create.name,
            create.mode == "ANY" ? meta::SubscriptionMode::kAny : meta::SubscriptionMode::kAll,
            create.destinations};
        return editor.create_subscription(create.database, create.retention_policy, subscription);
    });
}

io::Task<Result<void>> execute(StatementContext& context, DropSubscriptionStatement drop) {
    return context.source.change_catalog([drop](meta::CatalogEditor& editor) {
        return editor.drop_subscription(drop.database, drop.retention_policy, drop.name);
    });
}

// A database without subscriptions is left out, while SHOW CONTINUOUS QUERIES names all databases:
// both as in InfluxDB.
io::Task<Result<void>> execute(StatementContext& context, ShowSubscriptionsStatement) {
    const auto catalog = context.source.catalog();
    AnswerWriter& writer = context.writer;
    for (const auto& database : catalog->databases) {
        bool begun = false;
        for (const auto& policy : database->retention_policies) {
            for (const auto& subscription : policy->subscriptions) {
                if (!begun) {
                    writer.begin_series(
                        {database->name, {}, {"retention_policy", "name", "mode", "destinations"}});
                    begun = true;
                }
                writer.begin_row();
                writer.value(Value::of_string(policy->name));
                writer.value(Value::of_string(subscription->name));
                writer.value(Value::of_string(meta::subscription_mode_text(subscription->mode)));
                writer.texts(subscription->destinations);
                writer.end_row();
            }
        }
        if (begun) writer.end_series();
    }
    co_return Result<void>();
}

}  // namespace sluice::query
