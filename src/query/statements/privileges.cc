#include "sluice/query/privileges.h"

#include "sluice/influxql/printer.h"
#include "sluice/influxql/sanitize.h"

namespace sluice::query {
namespace {

using namespace influxql;
using Required = std::vector<RequiredPrivilege>;

Required admin() {
    return {{true, "", meta::Privilege::kAll, {}}};
}
Required on(const std::string& database, meta::Privilege privilege) {
    return {{false, database, privilege, {}}};
}

// Of a listing that shows what may be read and no more.
Required some_of(const std::string& database) {
    return {{false, database, meta::Privilege::kRead, {}, true}};
}

void add_select(const SelectStatement& select, Required& required);

void add_sources(const std::vector<Source>& sources, Required& required) {
    for (const Source& source : sources) {
        if (const Measurement* measurement = source.measurement()) {
            required.push_back({false, measurement->database, meta::Privilege::kRead,
                                measurement->retention_policy});
        } else {
            add_select(*source.subquery(), required);
        }
    }
}

void add_select(const SelectStatement& select, Required& required) {
    add_sources(select.sources, required);
    if (select.target) {
        required.push_back({false, select.target->database, meta::Privilege::kWrite,
                            select.target->retention_policy});
    }
}

// One overload for each kind of statement that does not need an admin. A kind that is new and
// forgotten here needs one, so nothing becomes open by mistake.
struct Table {
    template <typename T>
    Required operator()(const T&) const {
        return admin();
    }
    Required operator()(const SelectStatement& select) const {
        Required required;
        add_select(select, required);
        return required;
    }
    Required operator()(const ExplainStatement& explain) const { return (*this)(explain.select); }
    Required operator()(const DeleteStatement&) const { return on("", meta::Privilege::kWrite); }
    Required operator()(const DropSeriesStatement&) const {
        return on("", meta::Privilege::kWrite);
    }
    Required operator()(const DropRetentionPolicyStatement& drop) const {
        return on(drop.database, meta::Privilege::kWrite);
    }
    Required operator()(const DropContinuousQueryStatement& drop) const {
        return on(drop.database, meta::Privilege::kWrite);
    }
    // It runs later, when nobody is asked: so it takes what its SELECT takes. InfluxDB lets a
    // reader make one that writes into the database it reads.
    Required operator()(const CreateContinuousQueryStatement& create) const {
        Required required = on(create.database, meta::Privilege::kRead);
        add_select(create.select, required);
        return required;
    }
    // Of every database those are shown that may be read, so that nobody is refused.
    Required operator()(const ShowMeasurementsStatement& show) const {
        if (show.every_database) return on("", meta::Privilege::kNone);
        if (show.retention_policy.empty()) return read(show.clauses);
        return {{false, show.clauses.database, meta::Privilege::kRead, show.retention_policy}};
    }
    Required operator()(const ShowSeriesStatement& show) const { return read(show.clauses); }
    Required operator()(const ShowTagKeysStatement& show) const { return read(show.clauses); }
    Required operator()(const ShowTagValuesStatement& show) const { return read(show.clauses); }
    Required operator()(const ShowFieldKeysStatement& show) const { return read(show.clauses); }
    // InfluxDB asks for nothing where no source is named.
    Required operator()(const ShowCardinalityStatement& show) const { return read(show.clauses); }
    Required operator()(const ShowRetentionPoliciesStatement& show) const {
        return some_of(show.database);
    }
    Required operator()(const ShowContinuousQueriesStatement&) const {
        return on("", meta::Privilege::kRead);
    }
    Required operator()(const ShowQueriesStatement&) const {
        return on("", meta::Privilege::kRead);
    }
    // Everybody; the answer depends on who asks.
    Required operator()(const ShowDatabasesStatement&) const {
        return on("", meta::Privilege::kNone);
    }

private:
    // A source of another database is read there; InfluxDB looks at that behind ON only.
    static Required read(const ShowClauses& clauses) {
        Required required = some_of(clauses.database);
        for (const Source& source : clauses.sources) {
            const Measurement* const measurement = source.measurement();
            if (measurement == nullptr || measurement->database.empty()) continue;
            required.push_back(some_of(measurement->database).front());
        }
        return required;
    }
};

Error refused(std::string message) {
    return {ErrorKind::kInvalid, std::move(message)};
}

// The database of names without one.
std::string_view default_database(const Statement& statement, std::string_view of_request) {
    const auto* const create = std::get_if<CreateContinuousQueryStatement>(&statement);
    return create != nullptr && of_request.empty() ? create->database : of_request;
}

// A name without a policy means the one of the request, whatever the database, or else the default
// (query/compile/sources.cc).
bool is_granted(const meta::Principal& principal, const RequiredPrivilege& required,
                std::string_view database, const Defaults& defaults) {
    if (required.any_policy) return principal.may_on_one(required.privilege, database);
    if (!required.policy) return principal.may_on_all(required.privilege, database);
    const std::string& policy =
        required.policy->empty() ? defaults.retention_policy : *required.policy;
    return principal.may(required.privilege, database, policy);
}

}  // namespace

std::vector<RequiredPrivilege> required_privileges(const Statement& statement) {
    return std::visit(Table{}, statement);
}

// A name without a database means the one of the request, which is why that comes along.
Result<void> may(const meta::Principal& principal, const Statement& statement,
                 const Defaults& defaults) {
    if (principal.is_admin()) return {};
    for (const RequiredPrivilege& required : required_privileges(statement)) {
        const std::string head = principal.name() + " not authorized to execute statement '" +
                                 sanitize(to_string(statement)) + "', ";
        if (required.admin) return refused(head + "requires admin privilege");
        const std::string on_database =
            std::string(required.database.empty() ? default_database(statement, defaults.database)
                                                  : std::string_view(required.database));
        if (!is_granted(principal, required, on_database, defaults)) {
            return refused(head + "requires " +
                           std::string(meta::privilege_text(required.privilege)) + " on " +
                           on_database);
        }
    }
    return {};
}

Result<void> may_all(const meta::Catalog& catalog, const meta::Principal& principal,
                     std::span<const Statement> statements, const Defaults& defaults) {
    // As long as there is no user, nobody can be asked who they are, and all that may be done is to
    // make the first admin.
    if (catalog.users.empty() && !principal.is_somebody()) {
        const auto* create =
            statements.empty() ? nullptr : std::get_if<CreateUserStatement>(&statements.front());
        if (create != nullptr && create->is_admin) return {};
        return refused("create admin user first or disable authentication");
    }
    if (!principal.is_somebody()) return refused("no user provided");
    for (const Statement& statement : statements) {
        SLUICE_TRY_VOID(may(principal, statement, defaults));
    }
    return {};
}

}  // namespace sluice::query
