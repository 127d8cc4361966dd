#include "sluice/query/continuous_queries.h"

#include <algorithm>
#include <utility>

#include "query/background/continuous_schedule.h"
#include "query/expr/time_zone.h"
#include "sluice/base/bytes.h"
#include "sluice/base/crc32c.h"
#include "sluice/base/log.h"
#include "sluice/influxql/parser.h"
#include "sluice/io/reactor.h"
#include "sluice/query/statement_executor.h"
#include "sluice/query/value_text.h"

namespace sluice::query {

using namespace influxql;

// A query as it was when last looked at, and when it ran. The members below `definition` follow
// from its text, and are made anew when it changes (refresh). `last_run` stays then: a query that
// is dropped and created again goes on where it was.
struct ContinuousQueries::Entry {
    std::shared_ptr<const meta::ContinuousQuery> definition;
    std::optional<CreateContinuousQueryStatement> parsed;
    Result<ContinuousTiming> timing = ContinuousTiming{};
    ZoneOffset zone;
    std::optional<model::Timestamp> last_run;
    std::string last_error;      // so that the log says it once and not every second
    std::uint32_t checksum = 0;  // of the definition's text
    bool has_finished = false;   // a run, in this process
    bool is_put_aside = false;
};

namespace {

// The longest ago are forgotten first.
constexpr std::size_t kDroppedMax = 1000;
// One start may end by chance while a query runs, a power cut say. Three in a row, without a run
// that ended between them, are the query's doing.
constexpr std::uint32_t kStartsMax = 3;

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

bool exists(const meta::Catalog& catalog, const UnfinishedRuns::Key& key) {
    const meta::Database* database = catalog.find_database(key.first);
    return database != nullptr &&
           std::any_of(database->continuous_queries.begin(), database->continuous_queries.end(),
                       [&](const auto& query) { return query->name == key.second; });
}

std::string time_text(model::Timestamp t) {
    std::string text;
    append_rfc3339(text, t);
    return text;
}

}  // namespace

ContinuousQueries::Execute execute_into(StatementExecutor& executor) {
    return [executor = &executor](std::string database, SelectStatement select) {
        return executor->write_select(std::move(database), std::move(select));
    };
}

ContinuousQueries::ContinuousQueries(Execute execute, bool log, UnfinishedRuns* unfinished)
    : execute_(std::move(execute)), log_(log), unfinished_(unfinished) {}
ContinuousQueries::~ContinuousQueries() = default;

io::Task<void> ContinuousQueries::run_due(std::shared_ptr<const meta::Catalog> catalog,
                                          model::Timestamp now, std::function<bool()> stopping) {
    // `catalog` keeps the definitions while queries run; one that is dropped meanwhile still ends.
    if (unfinished_ != nullptr && !std::exchange(is_loaded_, true)) co_await unfinished_->load();
    co_await forget_dropped(catalog);
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
    entry.checksum = crc32c(as_byte_span(entry.definition->text));
    entry.has_finished = false;
    entry.is_put_aside = false;
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
    // Noted before it runs: a query that fails, or takes longer than its interval, is not repeated
    // at once.
    entry.last_run = run->last_run;
    if (run->range.empty()) co_return;
    SelectStatement select = entry.parsed->select;
    const Result<void> limited = set_time_range(select, run->range);
    if (!limited.ok()) {
        report(database, entry, limited.error());
        co_return;
    }
    const Result<std::uint64_t> written =
        co_await execute_noted(database, entry, std::move(select));
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

// The note is made for the first run of a process only: that one shows whether the query can end.
io::Task<Result<std::uint64_t>> ContinuousQueries::execute_noted(const meta::Database& database,
                                                                 Entry& entry,
                                                                 SelectStatement select) {
    const bool is_noted = unfinished_ != nullptr && !entry.has_finished;
    const Key key{database.name, entry.definition->name};
    if (is_noted) {
        if (unfinished_->count(key, entry.checksum) >= kStartsMax) {
            entry.is_put_aside = true;
            co_return Error{ErrorKind::kConflict,
                            "it is put aside: the server ended " + std::to_string(kStartsMax) +
                                " times in a row while it ran; drop and create it to run it again"};
        }
        co_await unfinished_->note_begin(key, entry.checksum);
    }
    Result<std::uint64_t> written = co_await execute_(database.name, std::move(select));
    if (is_noted) {
        co_await unfinished_->note_end(key);
        entry.has_finished = true;
    }
    co_return written;
}

std::vector<std::string> ContinuousQueries::troubles() const {
    std::vector<std::string> sentences;
    for (const auto& [key, entry] : entries_) {
        if (!entry->is_put_aside) continue;
        sentences.push_back("continuous query " + key.second + " of database " + key.first +
                            " is put aside: the server ended while it ran");
    }
    return sentences;
}

void ContinuousQueries::report(const meta::Database& database, Entry& entry, const Error& error) {
    counts_.failed.add();
    if (error.message == entry.last_error) return;
    entry.last_error = error.message;
    log_warn(
        "a continuous query cannot be executed",
        {{"database", database.name}, {"name", entry.definition->name}, {"error", error.message}});
}

io::Task<void> ContinuousQueries::forget_dropped(std::shared_ptr<const meta::Catalog> catalog) {
    std::vector<Key> dropped;
    for (const auto& [key, entry] : entries_) {
        if (exists(*catalog, key)) continue;
        if (entry->last_run) dropped_[key] = *entry->last_run;
        dropped.push_back(key);
    }
    for (const Key& key : dropped) {
        entries_.erase(key);
        if (unfinished_ != nullptr) co_await unfinished_->note_end(key);
    }
    while (dropped_.size() > kDroppedMax) {
        dropped_.erase(
            std::min_element(dropped_.begin(), dropped_.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; }));
    }
}

}  // namespace sluice::query
