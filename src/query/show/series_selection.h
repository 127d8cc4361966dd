// The things that SHOW statements have in common: where they look, which series they see, and
// lists.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "query/scan/core_session.h"
#include "query/scan/list_job.h"
#include "query/session/statement_context.h"
#include "query/show/tag_condition.h"
#include "sluice/influxql/ast.h"
#include "sluice/model/series_key.h"

namespace sluice::query {

// Finds the database of ON, or else that of the request.
Result<const meta::Database*> find_database(const meta::Catalog& catalog, const std::string& named,
                                            const Defaults& defaults);

// Applies LIMIT and OFFSET to a list that is in memory.
template <typename T>
std::vector<T> limited(std::vector<T> values, std::int64_t limit, std::int64_t offset) {
    const auto skip = std::min(static_cast<std::size_t>(offset), values.size());
    values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(skip));
    if (limit > 0 && values.size() > static_cast<std::size_t>(limit)) {
        values.erase(values.begin() + static_cast<std::ptrdiff_t>(limit), values.end());
    }
    return values;
}

// Writes a series of one column.
void write_column(AnswerWriter& writer, std::string name, std::string column,
                  const std::vector<std::string>& values);

// Returns whether `sources` are empty, which means all, or name the measurement.
bool names_measurement(const std::vector<influxql::Source>& sources, std::string_view name);

// One entry of a FROM clause, or all of a database where there is none.
struct ShowSource {
    const meta::Database* database = nullptr;
    const meta::RetentionPolicy* policy = nullptr;
    const influxql::Measurement* wanted = nullptr;  // null: every measurement

    bool names(std::string_view measurement) const;
};

// Returns where `clauses` look when the policy matters: it resolves them as SELECT resolves its
// FROM clause. `clauses` and `catalog` outlive the result.
// kInvalid where a policy may not be read.
Result<std::vector<ShowSource>> resolve_show_sources(const StatementContext& context,
                                                     const influxql::ShowClauses& clauses,
                                                     const meta::Catalog& catalog);

// The series a statement is about. It is filled in this order: catalog, set_condition(), add() for
// each measurement, and then one of list_series() and visit_series(), which read it on all cores.
// Listing takes memory for each series; visiting takes none, and suits statements that only count
// or collect.
struct SeriesSelection {
    std::shared_ptr<const meta::Catalog> catalog;
    influxql::ExprBox condition;  // without time
    model::TimeRange range;       // whole shard groups that overlap it
    std::vector<PlannedSource> sources;
    TagCondition::Options options;
    std::vector<CoreSession> sessions;

    // Takes `clauses.condition` apart.
    Result<void> set_condition(const influxql::ShowClauses& clauses, std::int64_t now_ns);
    // Adds the measurement as far as it has groups in the range.
    void add(const meta::RetentionPolicy& policy, std::string_view measurement);
    // Adds the measurements that `accepts(name)` is true of, of all policies that may be read.
    template <typename Accepts>
    void add_database(const StatementContext& context, const meta::Database& database,
                      Accepts&& accepts) {
        for (const auto& policy : database.retention_policies) {
            if (!may_read(context, *catalog, database.name, policy->name)) continue;
            for (const std::string& name : measurement_names(*policy, range)) {
                if (accepts(name)) add(*policy, name);
            }
        }
    }

    const std::string& measurement_of(const Piece& piece) const {
        return sources[piece.source].measurement;
    }
    const meta::MeasurementSchema* schema_of(const Piece& piece) const;
    // Returns whether a name is a field. A field of one source is a field of all, as in the
    // condition of a SELECT.
    void share_fields();
    // Returns the condition as it is for the series of sources[source].
    TagCondition condition_of(std::uint32_t source) const;

private:
    // Fields of the measurement of each source.
    std::vector<std::set<std::string, std::less<>>> fields_;
    bool shares_fields_ = false;  // they are those of the first
    std::vector<std::vector<const meta::MeasurementSchema*>> schemas_;
};

// Lists the series of `selection.sources` that the condition is true of.
io::Task<Result<void>> list_series(StatementContext& context, SeriesSelection& selection,
                                   Listing listing = Listing::kSeries);

// Shows all series to an object on each core, at the same time on all cores, which looks at the
// condition itself. It sees a series that lies in several places more than once. It keeps none of
// them, and takes no memory for series. `numbers` say which sources; without a value, all.
io::Task<Result<void>> visit_series(StatementContext& context, SeriesSelection& selection,
                                    SieveMaker make_sieve,
                                    std::optional<std::span<const std::uint32_t>> numbers = {});

// Goes through the listed series, a time slice at a time.
//
//     SeriesVisit visit(context, selection);
//     while (visit.next()) {
//         if (visit.is_due()) co_await visit.pause();
//         if (const auto* series = visit.match()) ...
//     }
class SeriesVisit {
public:
    struct Seen {
        const Piece* piece = nullptr;
        std::string_view key;
        model::SeriesName name;
    };
    SeriesVisit(StatementContext& context, const SeriesSelection& selection);

    // Moves to the next series, and returns false at the end or when the query is to stop.
    bool next();
    // These are about the present series.
    std::string_view key() const { return seen_.key; }
    // Returns the present series, or null if the condition is not true of it.
    const Seen* match();
    bool is_due() const { return seen_since_pause_ >= kSeriesPerPause; }
    io::Task<void> pause();

private:
    // Looking at the clock for every series would cost more than the series.
    static constexpr std::size_t kSeriesPerPause = 256;

    // Moves to the next piece with a series that has not been shown yet.
    bool next_piece();

    StatementContext& context_;
    const SeriesSelection& selection_;
    std::vector<TagCondition> conditions_;  // by source
    // The next series: the place of its session, of its piece in there, and of its key in that.
    std::size_t session_ = 0;
    std::size_t piece_ = 0;
    std::size_t at_ = 0;
    std::size_t seen_since_pause_ = 0;
    Seen seen_;
};

}  // namespace sluice::query
