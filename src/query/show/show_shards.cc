// SHOW SHARDS and SHOW SHARD GROUPS are answered here from the catalog.
#include <chrono>
#include <cstdio>

#include "query/show/show_statements.h"

namespace sluice::query {
namespace {

using namespace influxql;

// RFC 3339 in UTC, whole seconds. A group's expiry may lie behind the last timestamp there is, so
// seconds and not nanoseconds.
std::string format_seconds(std::int64_t seconds) {
    using namespace std::chrono;
    const sys_seconds time{std::chrono::seconds(seconds)};
    const sys_days day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    char text[40];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text;
}

std::int64_t whole_seconds(std::int64_t ns) {
    return ns / kSecondNs - (ns % kSecondNs < 0 ? 1 : 0);
}

// The columns that both statements end with.
void write_times(AnswerWriter& writer, const meta::RetentionPolicy& policy,
                 const meta::ShardGroup& group) {
    const std::int64_t begin = whole_seconds(group.range.begin);
    const std::int64_t end = whole_seconds(group.range.end);
    // The groups of a policy without an end expire, to the letter, as they end.
    const std::int64_t expiry = end + policy.duration_ns / kSecondNs;
    for (const std::int64_t each : {begin, end, expiry}) {
        const std::string text = format_seconds(each);
        writer.value(Value::of_string(text));
    }
}

// InfluxDB has several shards in a group, one for each node that shares it. Here a group is one
// shard, which has the number of its group.
template <typename F>
void for_each_group(const meta::Database& database, const F& visit) {
    for (const auto& policy : database.retention_policies) {
        for (const auto& group : policy->shard_groups) visit(*policy, *group);
    }
}

}  // namespace

io::Task<Result<void>> execute(StatementContext& context, ShowShardsStatement) {
    const auto catalog = context.source.catalog();
    AnswerWriter& writer = context.writer;
    for (const auto& database : catalog->databases) {
        writer.begin_series({database->name,
                             {},
                             {"id", "database", "retention_policy", "shard_group", "start_time",
                              "end_time", "expiry_time", "owners"}});
        for_each_group(*database,
                       [&](const meta::RetentionPolicy& policy, const meta::ShardGroup& group) {
                           writer.begin_row();
                           writer.value(Value::of_unsigned(group.id));
                           writer.value(Value::of_string(database->name));
                           writer.value(Value::of_string(policy.name));
                           writer.value(Value::of_unsigned(group.id));
                           write_times(writer, policy, group);
                           writer.value(Value::of_string(""));  // nodes of a cluster
                           writer.end_row();
                       });
        writer.end_series();
    }
    co_return Result<void>();
}

io::Task<Result<void>> execute(StatementContext& context, ShowShardGroupsStatement) {
    const auto catalog = context.source.catalog();
    AnswerWriter& writer = context.writer;
    writer.begin_series(
        {"shard groups",
         {},
         {"id", "database", "retention_policy", "start_time", "end_time", "expiry_time"}});
    for (const auto& database : catalog->databases) {
        for_each_group(*database,
                       [&](const meta::RetentionPolicy& policy, const meta::ShardGroup& group) {
                           writer.begin_row();
                           writer.value(Value::of_unsigned(group.id));
                           writer.value(Value::of_string(database->name));
                           writer.value(Value::of_string(policy.name));
                           write_times(writer, policy, group);
                           writer.end_row();
                       });
    }
    writer.end_series();
    co_return Result<void>();
}

}  // namespace sluice::query
