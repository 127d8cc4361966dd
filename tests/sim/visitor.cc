#include "visitor.h"

#include <set>
#include <vector>

#include "sluice/io/event.h"

namespace sluice::server {
namespace {

std::string quoted(std::string_view name) {
    return "\"" + std::string(name) + "\"";
}

}  // namespace

io::Task<void> Visitor::pause(std::int64_t at_most_ns) {
    io::Event never;
    const auto span =
        static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(at_most_ns)));
    co_await never.wait_until(reactor_.monotonic_ns() + span);
}

io::Task<void> Visitor::run(int actions) {
    for (int i = 0; i < actions && visit_.complaint.empty(); ++i) {
        co_await act();
        if (random_.below(4) == 0) co_await pause(20 * kMillisecondNs);
    }
    co_await client_.close();
}

io::Task<void> Visitor::act() {
    const std::uint64_t dice = random_.below(60);
    if (dice == 0) {
        co_await drop_database();
    } else if (dice == 1) {
        co_await drop_policy();
    } else if (dice == 2) {
        co_await drop_measurement();
    } else if (dice < 6) {
        co_await delete_points();
    } else if (dice < 10) {
        co_await make_places();
    } else if (dice < 15) {
        co_await read_live();
    } else if (dice == 15) {
        co_await leave_while_reading();
    } else if (dice < 18) {
        co_await write_and_leave();
    } else if (dice < 20) {
        co_await write_slowly();
    } else if (dice < 24) {
        co_await write_pipelined();
    } else if (dice < 26) {
        co_await look();
    } else if (dice == 26) {
        co_await make_continuous_query();
    } else {
        co_await write();
    }
}

std::string Visitor::write_target(const std::string& database, const std::string& policy) {
    if (random_.below(4) == 0) {
        const std::string bucket =
            policy == kPolicies[0] ? database + "/autogen" : database + "/" + policy;
        return "/api/v2/write?org=o&bucket=" + percent_encoded(bucket);
    }
    std::string target = "/write?db=" + database;
    if (policy != kPolicies[0]) target += "&rp=" + policy;
    return target;
}

// What an answer to a write says of its points. Everything but a success and a missing target
// leaves them in doubt.
void Visitor::settle(const DrawnLines& lines, const SimAnswer& answer) {
    if (answer.status == 204) {
        for (const std::uint64_t serial : lines.serials) visit_.model.acknowledge(serial);
        return;
    }
    // A retention policy that is not there is a 500 of InfluxDB's.
    if (answer.status == 404 || answer.body.find("policy not found") != std::string::npos) {
        for (const std::uint64_t serial : lines.serials) visit_.model.reject(serial);
        return;
    }
    const bool refused = answer.status == 503 || answer.status == 429;
    if (refused) visit_.states.note("a write was answered by 503 or 429");
    if (answer.status == 500) visit_.states.note("a write failed");
    if (visit_.is_excused() && (refused || answer.status == 500)) return;
    visit_.complain("a write was answered " + std::to_string(answer.status) + " " + answer.body);
}

io::Task<void> Visitor::write() {
    const std::string database = some_database();
    const std::string policy = some_policy();
    const std::uint64_t lines =
        random_.below(5) == 0 ? 1 + random_.below(400) : 1 + random_.below(4);
    const DrawnLines drawn =
        draw_lines(random_, visit_.model, database, policy, lines, visit_.hours);
    const std::string target = write_target(database, policy);
    std::string request =
        random_.below(4) == 0
            ? make_chunked_request("POST", target, drawn.text, 1 + random_.below(drawn.text.size()))
            : make_request("POST", target, drawn.text);
    const Result<SimAnswer> answer = co_await client_.ask(std::move(request));
    if (answer.ok()) {
        settle(drawn, *answer);
        if (answer->status != 204) co_await make_places();
    } else if (client_.timed_out() && !visit_.is_excused()) {
        visit_.complain("a write had no answer within a minute");
    }
}

// The whole request, or a part of it, and no wait for the answer.
io::Task<void> Visitor::write_and_leave() {
    const std::string database = some_database();
    const DrawnLines drawn = draw_lines(random_, visit_.model, database, kPolicies[0],
                                        1 + random_.below(50), visit_.hours);
    std::string request = make_request("POST", write_target(database, kPolicies[0]), drawn.text);
    request.resize(1 + random_.below(request.size()));
    (void)co_await client_.send(std::move(request));
    co_await pause(5 * kMillisecondNs);
    co_await client_.close();
}

io::Task<void> Visitor::write_slowly() {
    const std::string database = some_database();
    const DrawnLines drawn = draw_lines(random_, visit_.model, database, kPolicies[0],
                                        1 + random_.below(20), visit_.hours);
    const std::string request =
        make_request("POST", write_target(database, kPolicies[0]), drawn.text);
    const std::size_t cut = random_.below(request.size());
    const Result<void> begun = co_await client_.send(request.substr(0, cut));
    co_await pause(kSecondNs);
    Result<SimAnswer> answer = Error{ErrorKind::kIo, "not sent"};
    if (begun.ok()) answer = co_await client_.ask(request.substr(cut));
    if (answer.ok()) {
        settle(drawn, *answer);
    } else {
        co_await client_.close();
    }
}

// Two writes and a question in one piece, and then their answers.
io::Task<void> Visitor::write_pipelined() {
    const std::string database = some_database();
    DrawnLines drawn[2];
    std::string requests;
    for (DrawnLines& each : drawn) {
        each = draw_lines(random_, visit_.model, database, kPolicies[0], 1 + random_.below(4),
                          visit_.hours);
        requests += make_request("POST", write_target(database, kPolicies[0]), each.text);
    }
    requests += make_request("GET", "/ping");
    const Result<void> sent = co_await client_.send(std::move(requests));
    for (std::size_t i = 0; i < 3; ++i) {
        const Result<SimAnswer> answer = co_await client_.receive();
        if (!answer.ok()) break;
        if (i < 2) settle(drawn[i], *answer);
    }
    if (!sent.ok()) co_await client_.close();
}

io::Task<Result<FoundAnswer>> Visitor::query(std::string database, std::string text) {
    std::string target = "/query?epoch=ns&db=" + database + "&q=" + percent_encoded(text);
    if (random_.below(2) == 0) {
        target += "&chunked=true&chunk_size=" + std::to_string(1 + random_.below(50));
    }
    SLUICE_CO_TRY(const SimAnswer answer, co_await client_.ask(make_request("GET", target)));
    FoundAnswer found = read_answer(answer.body);
    if (!found.well_formed) {
        visit_.complain("no answer to " + text + ": " + answer.body.substr(0, 200));
    }
    co_return found;
}

// True: it was executed. False: it was not, or nobody knows.
io::Task<bool> Visitor::execute(std::string statement) {
    const std::string target = "/query?q=" + percent_encoded(statement);
    const Result<SimAnswer> answer = co_await client_.ask(make_request("POST", target));
    if (!answer.ok()) {
        if (client_.timed_out() && !visit_.is_excused()) {
            visit_.complain("no answer within a minute: " + statement);
        }
        co_return false;
    }
    const FoundAnswer found = read_answer(answer->body);
    if (!found.well_formed) visit_.complain("no answer to " + statement + ": " + answer->body);
    bool is_ordinary = false;
    for (const char* each : {"not found", "already exists", "conflicts"}) {
        is_ordinary = is_ordinary || found.error.find(each) != std::string::npos;
    }
    if (!found.error.empty() && !is_ordinary && !visit_.is_excused()) {
        visit_.complain(statement + ": " + found.error);
    }
    co_return answer->status == 200 && found.error.empty();
}

io::Task<void> Visitor::make_places() {
    for (const char* database : kDatabases) {
        (void)co_await execute("CREATE DATABASE " + std::string(database) +
                               " WITH SHARD DURATION " + std::to_string(1 + random_.below(3)) +
                               "h NAME autogen");
        if (random_.below(2) == 0) {
            (void)co_await execute("CREATE RETENTION POLICY other ON " + std::string(database) +
                                   " DURATION INF REPLICATION 1 SHARD DURATION 1h");
        }
    }
    if (random_.below(2) == 0) {
        (void)co_await execute("ALTER RETENTION POLICY autogen ON " + some_database() +
                               " SHARD DURATION " + std::to_string(1 + random_.below(5)) + "h");
    }
}

std::vector<Visitor::Doom> Visitor::begin_doom(const std::string& database,
                                               const model::Tombstone& what) {
    std::vector<Doom> dooms;
    for (const char* policy : kPolicies) {
        const std::string place = place_name(database, policy);
        dooms.push_back({place, visit_.model.begin_delete(place, what)});
    }
    return dooms;
}

void Visitor::end_doom(const std::vector<Doom>& dooms) {
    for (const Doom& each : dooms) visit_.model.end_delete(each.place, each.number);
}

io::Task<void> Visitor::delete_points() {
    const std::string database = some_database();
    const std::string measurement = some_measurement();
    const std::string host = "h" + std::to_string(random_.below(4));
    model::Tombstone what;
    what.measurements.push_back({measurement, {}});
    what.series =
        model::SeriesPredicate::compare(model::SeriesPredicate::Kind::kEqual, "host", host);
    const bool by_series = random_.below(3) == 0;
    std::string statement = (by_series ? "DROP SERIES FROM " : "DELETE FROM ") +
                            quoted(measurement) + " WHERE host = '" + host + "'";
    if (!by_series && random_.below(2) == 0) {
        what.range.begin = kBase + static_cast<model::Timestamp>(random_.below(6)) * kHourNs;
        what.range.end = what.range.begin + kHourNs;
        statement += " AND time >= " + std::to_string(what.range.begin) + " AND time < " +
                     std::to_string(what.range.end);
    }
    const std::vector<Doom> dooms = begin_doom(database, what);
    Result<FoundAnswer> answer = co_await query(database, statement);
    if (answer.ok() && answer->well_formed && answer->error.empty()) end_doom(dooms);
}

io::Task<void> Visitor::drop_measurement() {
    const std::string database = some_database();
    const std::string measurement = some_measurement();
    model::Tombstone what;
    what.measurements.push_back({measurement, {}});
    const std::vector<Doom> dooms = begin_doom(database, what);
    Result<FoundAnswer> answer =
        co_await query(database, "DROP MEASUREMENT " + quoted(measurement));
    if (answer.ok() && answer->well_formed && answer->error.empty()) end_doom(dooms);
}

io::Task<void> Visitor::drop_database() {
    const std::string database = some_database();
    const std::vector<Doom> dooms = begin_doom(database, {});
    const bool dropped = co_await execute("DROP DATABASE " + database);
    if (dropped) end_doom(dooms);
}

io::Task<void> Visitor::drop_policy() {
    const std::string database = some_database();
    const std::string place = place_name(database, kPolicies[1]);
    const std::uint64_t number = visit_.model.begin_drop(place);
    const bool dropped = co_await execute("DROP RETENTION POLICY other ON " + database);
    if (dropped) visit_.model.end_drop(place, number);
}

// Whatever flushes and merges meanwhile, what was acknowledged before is in the answer.
io::Task<void> Visitor::read_live() {
    const std::string database = some_database();
    const std::string place = place_name(database, kPolicies[0]);
    const std::vector<std::uint64_t> wanted = visit_.model.certain_in(place);
    const Result<FoundAnswer> answer =
        co_await query(database, "SELECT * FROM autogen./.*/ GROUP BY *");
    if (!answer.ok()) co_return;
    if (!answer->error.empty()) {
        const bool is_missing = answer->error.find("not found") != std::string::npos;
        if (!is_missing && !visit_.is_excused()) visit_.complain("SELECT: " + answer->error);
        if (!is_missing) co_return;
    }
    std::set<std::uint64_t> seen;
    for (const FoundValue& each : answer->values) {
        const std::uint64_t serial = engine::EngineModel::serial_of(each.time);
        if (each.value != serial) visit_.complain("a value is not that of its point");
        seen.insert(serial);
    }
    for (const std::uint64_t serial : wanted) {
        if (!visit_.model.is_certain(serial) || seen.contains(serial)) continue;
        visit_.complain("an answer misses point " + std::to_string(serial) + " of " + place);
    }
}

io::Task<void> Visitor::leave_while_reading() {
    const std::string target = "/query?chunked=true&chunk_size=1&db=" + some_database() +
                               "&q=" + percent_encoded("SELECT * FROM /.*/ GROUP BY *");
    const Result<void> sent = co_await client_.send(make_request("GET", target));
    if (sent.ok()) co_await client_.receive_some();
    co_await pause(50 * kMillisecondNs);
    co_await client_.close();
}

// Pages and statements that need nothing: they answer, whatever state the rest is in. Those that
// tell of the real process (/metrics, SHOW STATS) are left out: no two lives would be the same.
io::Task<void> Visitor::look() {
    constexpr const char* kTargets[] = {
        "/ping?verbose=true",
        "/health",
        "/debug/requests?seconds=0",
        "/query?q=SHOW%20QUERIES",
        "/query?q=SHOW%20SHARDS",
        "/query?db=alpha&q=SHOW%20SERIES",
        "/query?db=alpha&q=SHOW%20SERIES%20EXACT%20CARDINALITY",
        "/query?db=alpha&q=SHOW%20TAG%20VALUES%20WITH%20KEY%20%3D%20host",
        "/query?db=beta&q=SHOW%20FIELD%20KEYS",
        "/api/v2/buckets"};
    const std::string target = kTargets[random_.below(std::size(kTargets))];
    const Result<SimAnswer> answer = co_await client_.ask(make_request("GET", target));
    if (!answer.ok()) co_return;
    if (answer->status != 200 && !visit_.is_excused()) {
        visit_.complain(target + " was answered " + std::to_string(answer->status));
    }
}

// Its rows go to a database of their own, which nobody checks: what counts is what it disturbs.
io::Task<void> Visitor::make_continuous_query() {
    const std::string database = some_database();
    (void)co_await execute("CREATE DATABASE sums");
    (void)co_await execute("CREATE CONTINUOUS QUERY c ON " + database +
                           " RESAMPLE EVERY 10ms FOR 6h BEGIN SELECT count(f) INTO sums.autogen.c "
                           "FROM /.*/ GROUP BY time(1h), host END");
    if (random_.below(3) == 0) {
        (void)co_await execute("DROP CONTINUOUS QUERY c ON " + database);
    }
}

io::Task<void> Visitor::read_place(std::string database, std::string policy) {
    const std::string from = quoted(database) + "." + quoted(policy) + "./.*/";
    const Result<FoundAnswer> answer =
        co_await query(database, "SELECT * FROM " + from + " GROUP BY *");
    if (!answer.ok() || !answer->error.empty()) {
        visit_.complain("cannot read " + from + ": " +
                        (answer.ok() ? answer->error : answer.error().message));
        co_return;
    }
    for (const FoundValue& each : answer->values) {
        const auto wrong =
            visit_.model.found(place_name(database, policy), each.measurement, each.series,
                               each.time, each.field, each.type, each.value);
        if (wrong) visit_.complain(*wrong);
    }
}

io::Task<void> Visitor::read_all() {
    for (const char* database : kDatabases) {
        const Result<FoundAnswer> policies = co_await query(database, "SHOW RETENTION POLICIES");
        if (!policies.ok()) {
            visit_.complain("cannot ask for policies: " + policies.error().message);
            co_return;
        }
        for (const std::vector<std::string>& row : policies->rows) {
            co_await read_place(database, row[0]);
        }
    }
    co_await client_.close();
    if (!visit_.complaint.empty()) co_return;
    if (auto missing = visit_.model.check()) visit_.complain(*missing);
}

}  // namespace sluice::server
