#include "query/statements/explain.h"

#include <set>

#include "query/expr/function_table.h"
#include "query/scan/core_session.h"
#include "query/scan/list_job.h"
#include "query/select/select_executor.h"
#include "query/show/series_selection.h"
#include "query/statements/span_tree.h"
#include "sluice/influxql/duration.h"
#include "sluice/influxql/printer.h"

namespace sluice::query {
namespace {

using namespace influxql;

// Lines that say what is read for one SELECT: for each function of the innermost calls, or for the
// rows of all its fields.
class Explanation {
public:
    explicit Explanation(StatementContext& context) : context_(context) {}

    // Subqueries are explained by what they read themselves.
    io::Task<Result<void>> explain(const SelectStatement& select);
    std::vector<std::string> take_lines() { return std::move(lines_); }

private:
    struct Read {
        std::set<std::string> calls;
        std::set<std::string> fields;  // outside of calls
    };
    struct Cost {
        std::size_t shards = 0;
        std::size_t series = 0;
        std::size_t stores = 0;
    };
    io::Task<Result<void>> explain_sources(const SelectStatement& select);
    io::Task<Result<void>> measure(SeriesSelection& selection, Cost& cost);
    void collect(const Expr& expr, const FieldTypes& types, const TagKeys& tags, Read& read) const;
    void write(const std::string& expression, const std::set<std::string>& fields,
               const Cost& cost);

    StatementContext& context_;
    std::vector<std::string> lines_;
};

// The expression with the type of each name.
Expr typed(Expr expr, const FieldTypes& types, const TagKeys& tags) {
    walk(expr, [&](Expr& part) {
        auto* ref = part.as<VarRef>();
        if (ref == nullptr) return;
        const auto field = types.find(ref->name);
        if (field != types.end()) {
            ref->type = field->second;
        } else if (tags.contains(ref->name)) {
            ref->type = DataType::kTag;
        }
    });
    return expr;
}

bool calls_within(const Call& call) {
    bool found = false;
    for (const Expr& argument : call.arguments) {
        walk(argument, [&](const Expr& part) { found = found || part.is<Call>(); });
    }
    return found;
}

// A function of mathematics, and a call that has calls inside, read nothing themselves: what they
// work on is what is read.
void Explanation::collect(const Expr& expr, const FieldTypes& types, const TagKeys& tags,
                          Read& read) const {
    const auto add = [&](const Expr& found, std::set<std::string>& to) {
        to.insert(to_string(typed(found, types, tags)));
    };
    if (const auto* call = expr.as<Call>()) {
        if (!is_math_function(*call) && !calls_within(*call)) {
            add(expr, read.calls);
            return;
        }
        for (const Expr& argument : call->arguments) collect(argument, types, tags, read);
    } else if (const auto* binary = expr.as<BinaryExpr>()) {
        collect(*binary->left, types, tags, read);
        collect(*binary->right, types, tags, read);
    } else if (const auto* paren = expr.as<ParenExpr>()) {
        collect(*paren->inner, types, tags, read);
    } else if (const auto* wildcard = expr.as<Wildcard>()) {
        for (const auto& [name, type] : types) {
            if (wildcard->kind != WildcardKind::kTags) add(VarRef{name, type}, read.fields);
        }
        for (const std::string& tag : tags) {
            if (wildcard->kind != WildcardKind::kFields) {
                add(VarRef{tag, DataType::kTag}, read.fields);
            }
        }
    } else if (expr.is<VarRef>()) {
        add(expr, read.fields);
    }
}

io::Task<Result<void>> Explanation::explain(const SelectStatement& select) {
    bool has_measurements = false;
    for (const Source& source : select.sources) {
        if (const SelectStatement* inner = source.subquery()) {
            io::Task<Result<void>> explaining = explain(*inner);
            Result<void> done = co_await explaining;
            if (!done.ok()) co_return done;
        } else {
            has_measurements = true;
        }
    }
    if (!has_measurements) co_return Result<void>();
    io::Task<Result<void>> explaining = explain_sources(select);
    Result<void> done = co_await explaining;
    co_return done;
}

io::Task<Result<void>> Explanation::explain_sources(const SelectStatement& select) {
    ShowClauses clauses;
    for (const Source& source : select.sources) {
        if (source.measurement() != nullptr) clauses.sources.push_back(source);
    }
    clauses.condition = select.condition;
    SeriesSelection selection;
    selection.catalog = context_.source.catalog();
    SLUICE_CO_TRY(const std::vector<ShowSource> sources,
                  resolve_show_sources(context_, clauses, *selection.catalog));
    SLUICE_CO_TRY_VOID(selection.set_condition(clauses, context_.source.wall_ns()));
    ResolvedSources resolved;
    for (const ShowSource& source : sources) {
        for (const std::string& name : measurement_names(*source.policy, selection.range)) {
            if (!source.names(name)) continue;
            selection.add(*source.policy, name);
            add_measurement(*source.policy, name, selection.range, resolved);
        }
    }
    if (selection.sources.empty()) co_return Result<void>();
    Cost cost;
    Result<void> measured = co_await measure(selection, cost);
    if (!measured.ok()) co_return measured;
    TagKeys tags;
    for (CoreSession& session : selection.sessions) tags.merge(session.tag_keys);
    Read read;
    for (const Field& field : select.fields) collect(field.expr, resolved.fields, tags, read);
    if (read.calls.empty()) write("<nil>", read.fields, cost);
    for (const std::string& call : read.calls) write(call, read.fields, cost);
    co_return Result<void>();
}

io::Task<Result<void>> Explanation::measure(SeriesSelection& selection, Cost& cost) {
    Result<void> listed = co_await list_series(context_, selection, Listing::kSeriesAndTagKeys);
    if (!listed.ok()) co_return listed;
    std::set<std::pair<std::uint32_t, std::uint32_t>> shards;
    std::set<std::pair<std::size_t, std::size_t>> stores;
    for (std::size_t core = 0; core < selection.sessions.size(); ++core) {
        for (const Piece& piece : selection.sessions[core].pieces) {
            shards.emplace(piece.source, piece.group);
            stores.emplace(core, piece.store);
        }
    }
    // A series that lies in several stores or shards counts once.
    std::vector<std::string_view> keys;
    SeriesVisit visit(context_, selection);
    while (visit.next()) {
        if (visit.is_due()) co_await visit.pause();
        if (const SeriesVisit::Seen* series = visit.match()) keys.push_back(series->key);
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    cost = {shards.size(), keys.size(), stores.size()};
    co_return Result<void>();
}

void Explanation::write(const std::string& expression, const std::set<std::string>& fields,
                        const Cost& cost) {
    if (!lines_.empty()) lines_.emplace_back();
    lines_.push_back("EXPRESSION: " + expression);
    std::string names;
    for (const std::string& field : fields) names += (names.empty() ? "" : ", ") + field;
    if (!names.empty()) lines_.push_back("AUXILIARY FIELDS: " + names);
    lines_.push_back("NUMBER OF SHARDS: " + std::to_string(cost.shards));
    lines_.push_back("NUMBER OF SERIES: " + std::to_string(cost.series));
    lines_.push_back("NUMBER OF STORES: " + std::to_string(cost.stores));
}

// Runs the statement, counts what it reads on each core, and draws that. The rows go nowhere, but
// they are written all the same, so that the time is that of the whole query.
io::Task<Result<void>> analyze(StatementContext& context, SelectStatement select,
                               std::vector<std::string>& lines) {
    const std::string text = to_string(select);
    std::vector<ScanCounts> counts(context.source.core_count());
    const std::unique_ptr<DataSource> counting =
        context.source.for_query(context.query.stopping(), &counts);
    DiscardSink sink;
    const QueryRequest request;
    AnswerWriter writer(request, sink, &context.query, context.limits.memory_bytes_max / 2);
    StatementContext inner{counting ? *counting : context.source,
                           context.limits,
                           writer,
                           context.defaults,
                           context.query,
                           context.registry,
                           context.facts,
                           context.request};
    const std::int64_t began_ns = context.source.monotonic_ns();
    writer.begin();
    writer.begin_statement(0);
    Result<void> done = co_await execute(inner, std::move(select));
    if (!done.ok()) co_return done;
    writer.end_statement();
    const std::int64_t took_ns = context.source.monotonic_ns() - began_ns;

    Span root("select");
    root.figure("total_time", format_go_duration(took_ns));
    root.figure("rows_answered", std::to_string(writer.rows()));
    root.child("build_cursor").label("statement", text);
    for (std::size_t core = 0; core < counts.size(); ++core) {
        Span& span = root.child("scan");
        span.label("core", std::to_string(core));
        span.figure("series_lists", std::to_string(counts[core].series_lists));
        span.figure("scans", std::to_string(counts[core].scans));
        span.figure("runs", std::to_string(counts[core].runs));
        span.figure("rows", std::to_string(counts[core].rows));
    }
    lines = root.lines();
    lines.emplace_back();
    co_return Result<void>();
}

}  // namespace

io::Task<Result<void>> execute(StatementContext& context, ExplainStatement explain) {
    std::vector<std::string> lines;
    Result<void> done;
    if (explain.analyze) {
        done = co_await analyze(context, std::move(explain.select), lines);
    } else {
        Explanation explanation(context);
        done = co_await explanation.explain(explain.select);
        lines = explanation.take_lines();
        if (lines.empty()) lines.emplace_back();
    }
    if (!done.ok()) co_return done;
    write_column(context.writer, "", explain.analyze ? "EXPLAIN ANALYZE" : "QUERY PLAN", lines);
    co_return Result<void>();
}

}  // namespace sluice::query
