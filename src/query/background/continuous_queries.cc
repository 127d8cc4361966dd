#include "sluice/query/continuous_queries.h"

#include <algorithm>

#include "query/background/answer_number.h"
#include "query/background/continuous_schedule.h"
#include "query/expr/time_zone.h"
#include "sluice/base/log.h"
#include "sluice/influxql/parser.h"
#include "sluice/influxql/printer.h"
#include "sluice/io/reactor.h"
#include "sluice/query/statement_executor.h"
#include "sluice/query/value_text.h"

namespace sluice::query {

using namespace influxql;

// A query as it was when last looked at, and when it ran.
struct ContinuousQueries::Entry {
    std::shared_ptr<const meta::ContinuousQuery> definition;
    std::optional<CreateContinuousQueryStatement> parsed;
    Result<ContinuousTiming> timing = ContinuousTiming{};
    ZoneOffset zone;
    std::optional<model::Timestamp> last_run;
    std::string last_error;  // so that the log says it once and not every second
};

namespace {

// The longest ago are forgotten first.
constexpr std::size_t kDroppedMax = 1000;

Result<CreateContinuousQueryStatement> parse_definition(const meta::ContinuousQuery& query) {
    SLUICE_TRY(std::vector<Statement> parsed, parse_query(query.text));
    auto* create =
        parsed.size() == 1 ? std::get_if<CreateContinuousQueryStatement>(&parsed.front()) : nullptr;
    if (create == nullptr || !create->select.target) {
        return Error{ErrorKind::kInvalid, "query isn't a valid continuous query"};
    }
    return std::move(*create);
}

// Empty without tz(), and for a zone that is not known: running the query will say so.
ZoneOffset zone_of(const SelectStatement& select) {
    if (select.time_zone.empty()) return {};
    const std::shared_ptr<const TimeZone> zone = TimeZone::find(select.time_zone);
    if (zone == nullptr) return {};
    return [zone](model::Timestamp t) { return zone->offset_ns(t); };
}

// The number of points written. No row at all: nothing was there to be written.
io::Task<Result<std::uint64_t>> run_text(StatementExecutor* executor, std::string database,
                                         std::string statement) {
    SLUICE_CO_TRY(const std::optional<std::uint64_t> written,
                  co_await ask_for_number(*executor, std::move(database), std::move(statement), 1));
    co_return written.value_or(0);
}

std::string time_text(model::Timestamp t) {
    std::string text;
    append_rfc3339(text, t);
    return text;
}

}  // namespace

ContinuousQueries::Execute execute_into(StatementExecutor& executor) {
    return [executor = &executor](std::string database, std::string statement) {
        return run_text(executor, std::move(database), std::move(statement));
    };
}

ContinuousQueries::ContinuousQueries(Execute execute, bool log)
    : execute_(std::move(execute)), log_(log) {}
ContinuousQueries::~ContinuousQueries() = default;

io::Task<void> ContinuousQueries::run_due(std::shared_ptr<const meta::Catalog> catalog,
                                          model::Timestamp now, std::function<bool()> stopping) {
    forget_dropped(*catalog);
    for (const auto& database : catalog->databases) {
        for (const auto& definition : database->continuous_queries) {
            if (stopping()) co_return;
            std::unique_ptr<Entry>& entry = entries_[{database->name, definition->name}];
            if (entry == nullptr) entry = new_entry({database->name, definition->name});
            if (entry->definition != definition) refresh(*database, *entry, definition);
            co_await run_one(*database, *entry, now);
        }
    }
}

std::unique_ptr<ContinuousQueries::Entry> ContinuousQueries::new_entry(const Key& key) {
    auto entry = std::make_unique<Entry>();
    const auto before = dropped_.find(key);
    if (before == dropped_.end()) return entry;
    entry->last_run = before->second;
    dropped_.erase(before);
    return entry;
}

void ContinuousQueries::refresh(const meta::Database& database, Entry& entry,
                                std::shared_ptr<const meta::ContinuousQuery> definition) {
    entry.definition = std::move(definition);
    entry.parsed.reset();
    entry.last_error.clear();
    Result<CreateContinuousQueryStatement> parsed = parse_definition(*entry.definition);
    if (!parsed.ok()) {
        entry.timing = std::move(parsed).error();
        return;
    }
    entry.timing = timing_of(*parsed);
    entry.zone = zone_of(parsed->select);
    Measurement& target = *parsed->select.target;
    if (target.retention_policy.empty())
        target.retention_policy = database.default_retention_policy;
    entry.parsed = std::move(parsed).value();
}

io::Task<void> ContinuousQueries::run_one(const meta::Database& database, Entry& entry,
                                          model::Timestamp now) {
    if (!entry.timing.ok()) {
        report(database, entry, entry.timing.error());
        co_return;
    }
    const std::optional<ContinuousRun> run =
        due_run(*entry.timing, entry.last_run, now, entry.zone);
    if (!run) co_return;
    entry.last_run = run->last_run;
    if (run->range.empty()) co_return;
    SelectStatement select = entry.parsed->select;
    const Result<void> limited = set_time_range(select, run->range);
    if (!limited.ok()) {
        report(database, entry, limited.error());
        co_return;
    }
    const Result<std::uint64_t> written = co_await execute_(database.name, to_string(select));
    if (!written.ok()) {
        report(database, entry, written.error());
        co_return;
    }
    counts_.ok.add();
    entry.last_error.clear();
    if (!log_) co_return;
    log_info("continuous query executed", {{"database", database.name},
                                           {"name", entry.definition->name},
                                           {"start", time_text(run->range.begin)},
                                           {"end", time_text(run->range.end)},
                                           {"written", *written}});
}

void ContinuousQueries::report(const meta::Database& database, Entry& entry, const Error& error) {
    counts_.failed.add();
    if (error.message == entry.last_error) return;
    entry.last_error = error.message;
    log_warn(
        "a continuous query cannot be executed",
        {{"database", database.name}, {"name", entry.definition->name}, {"error", error.message}});
}

void ContinuousQueries::forget_dropped(const meta::Catalog& catalog) {
    std::erase_if(entries_, [&](const auto& each) {
        const auto& [key, entry] = each;
        if (const meta::Database* database = catalog.find_database(key.first)) {
            for (const auto& query : database->continuous_queries) {
                if (query->name == key.second) return false;
            }
        }
        if (entry->last_run) dropped_[key] = *entry->last_run;
        return true;
    });
    while (dropped_.size() > kDroppedMax) {
        dropped_.erase(
            std::min_element(dropped_.begin(), dropped_.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; }));
    }
}

}  // namespace sluice::query
