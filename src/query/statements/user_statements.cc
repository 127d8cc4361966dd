#include "query/statements/user_statements.h"

#include "sluice/io/aside.h"
#include "sluice/meta/password.h"
#include "sluice/model/errors.h"

namespace sluice::query {
namespace {

using namespace influxql;

meta::Privilege privilege_of(Privilege privilege) {
    switch (privilege) {
        case Privilege::kRead:
            return meta::Privilege::kRead;
        case Privilege::kWrite:
            return meta::Privilege::kWrite;
        case Privilege::kAll:
            return meta::Privilege::kAll;
    }
    return meta::Privilege::kNone;
}

// A hash of a password takes tens of milliseconds by design, in which this core would do nothing
// else. So it is made on a thread of its own, with copies of the texts.
io::Task<Result<std::string>> hash_aside(std::string password) {
    return io::run_aside([password] { return meta::hash_password(password); });
}
io::Task<bool> matches_aside(std::string hash, std::string password) {
    return io::run_aside([hash, password] { return meta::password_matches(hash, password); });
}

}  // namespace

io::Task<Result<void>> execute(StatementContext& context, CreateUserStatement create) {
    const auto catalog = context.source.catalog();
    // Creating a user again with the same password and rights succeeds, as in InfluxDB.
    if (const meta::User* user = catalog->find_user(create.name)) {
        const bool matches = co_await matches_aside(user->password_hash, create.password);
        if (matches && user->is_admin == create.is_admin) co_return Result<void>();
        co_return model::user_exists();
    }
    if (create.name.empty()) co_return model::user_name_required();
    SLUICE_CO_TRY(const std::string hash, co_await hash_aside(create.password));
    meta::CatalogChange change = [&create, &hash](meta::CatalogEditor& editor) {
        return editor.create_user(create.name, hash, create.is_admin);
    };
    co_return co_await context.source.change_catalog(std::move(change));
}

io::Task<Result<void>> execute(StatementContext& context, DropUserStatement drop) {
    return context.source.change_catalog(
        [drop](meta::CatalogEditor& editor) { return editor.drop_user(drop.name); });
}

io::Task<Result<void>> execute(StatementContext& context, SetPasswordStatement set) {
    const auto catalog = context.source.catalog();
    if (catalog->find_user(set.user) == nullptr) {
        co_return model::user_not_found();
    }
    SLUICE_CO_TRY(const std::string hash, co_await hash_aside(set.password));
    meta::CatalogChange change = [&set, &hash](meta::CatalogEditor& editor) {
        return editor.set_password(set.user, hash);
    };
    co_return co_await context.source.change_catalog(std::move(change));
}

io::Task<Result<void>> execute(StatementContext& context, GrantStatement grant) {
    return context.source.change_catalog([grant](meta::CatalogEditor& editor) {
        if (!grant.database) return editor.set_admin(grant.user, true);
        return editor.grant(grant.user, *grant.database, privilege_of(grant.privilege));
    });
}

io::Task<Result<void>> execute(StatementContext& context, RevokeStatement revoke) {
    return context.source.change_catalog([revoke](meta::CatalogEditor& editor) {
        if (!revoke.database) return editor.set_admin(revoke.user, false);
        return editor.revoke(revoke.user, *revoke.database, privilege_of(revoke.privilege));
    });
}

io::Task<Result<void>> execute(StatementContext& context, ShowUsersStatement) {
    const auto catalog = context.source.catalog();
    AnswerWriter& writer = context.writer;
    writer.begin_series({"", {}, {"user", "admin"}});
    for (const auto& user : catalog->users) {
        writer.begin_row();
        writer.value(Value::of_string(user->name));
        writer.value(Value::of_boolean(user->is_admin));
        writer.end_row();
    }
    writer.end_series();
    co_return Result<void>();
}

io::Task<Result<void>> execute(StatementContext& context, ShowGrantsStatement show) {
    const auto catalog = context.source.catalog();
    const meta::User* user = catalog->find_user(show.user);
    if (user == nullptr) co_return model::user_not_found();
    AnswerWriter& writer = context.writer;
    writer.begin_series({"", {}, {"database", "privilege"}});
    for (const meta::DatabasePrivilege& each : user->privileges) {
        writer.begin_row();
        writer.value(Value::of_string(each.database));
        writer.value(Value::of_string(meta::privilege_text(each.privilege)));
        writer.end_row();
    }
    writer.end_series();
    co_return Result<void>();
}

}  // namespace sluice::query
