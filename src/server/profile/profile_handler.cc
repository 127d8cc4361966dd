#include "server/profile/profile_handler.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "server/http/answers.h"
#include "server/http/connection.h"
#include "server/profile/core_stacks.h"
#include "server/profile/profile_message.h"
#include "server/profile/tar_archive.h"
#include "sluice/base/go_text.h"
#include "sluice/influxql/duration.h"
#include "sluice/io/aside.h"
#include "sluice/query/statement_executor.h"

namespace sluice::server {
namespace {

constexpr std::string_view kPrefix = "/debug/pprof";
// Go's default, which `go tool pprof` names too. The longest is a bound of ours: samples are kept
// in memory until the profile is made.
constexpr std::int64_t kSecondsDefault = 30;
constexpr std::int64_t kSecondsMax = 600;

// Where there is nothing to tell, a profile is valid and empty.
struct ProfileKind {
    std::string_view name;
    std::string_view is_of;
    bool is_known;
    ProfileUnit first;
    std::optional<ProfileUnit> second;
};
// The profiles that Go knows, in its order, so that what asks for one by name finds it. Those that
// make no sense here say so on the index page and are empty messages otherwise.
constexpr ProfileKind kKinds[] = {
    {"allocs",
     "allocations since the start: not known here",
     false,
     {"alloc_objects", "count"},
     ProfileUnit{"alloc_space", "bytes"}},
    {"block",
     "waits of goroutines: there are none",
     false,
     {"contentions", "count"},
     ProfileUnit{"delay", "nanoseconds"}},
    {"goroutine", "the stack of each core", true, {"goroutine", "count"}, {}},
    {"heap",
     "allocations in use: not known here",
     false,
     {"inuse_objects", "count"},
     ProfileUnit{"inuse_space", "bytes"}},
    {"mutex",
     "waits for locks: the cores have none",
     false,
     {"contentions", "count"},
     ProfileUnit{"delay", "nanoseconds"}},
    {"threadcreate", "who made threads: not known here", false, {"threadcreate", "count"}, {}},
};
constexpr ProfileUnit kCpuKinds[] = {{"samples", "count"}, {"cpu", "nanoseconds"}};

std::string index_page() {
    std::string page =
        "<!DOCTYPE html>\n<html><head><title>/debug/pprof/</title></head>\n<body>\n"
        "<h1>/debug/pprof/</h1>\n<p>Profiles of this process, for <code>go tool pprof</code>. "
        "With <code>?debug=1</code> as text.</p>\n<table>\n";
    const auto add = [&page](std::string_view name, std::string_view text) {
        page += "<tr><td><a href=\"/debug/pprof/" + std::string(name) + "\">" + std::string(name) +
                "</a></td><td>" + std::string(text) + "</td></tr>\n";
    };
    for (const ProfileKind& kind : kKinds) add(kind.name, kind.is_of);
    add("profile?seconds=30", "CPU time of the cores, sampled a hundred times a second");
    add("cmdline", "the command line");
    add("all", "all of them and statistics, as tar.gz; with <code>?cpu=10s</code> CPU time, too");
    return page + "</table>\n</body></html>\n";
}

ProfileHead head_of(const ProfileKind& kind, std::int64_t wall_ns) {
    ProfileHead head;
    head.kinds.push_back(kind.first);
    if (kind.second) head.kinds.push_back(*kind.second);
    head.period_of = kind.first;
    head.period = 1;
    head.began_wall_ns = wall_ns;
    return head;
}

ProfileHead cpu_head(std::int64_t wall_ns, std::int64_t duration_ns) {
    ProfileHead head;
    head.kinds.assign(std::begin(kCpuKinds), std::end(kCpuKinds));
    head.period_of = kCpuKinds[1];
    head.period = kCpuPeriodNs;
    head.began_wall_ns = wall_ns;
    head.duration_ns = duration_ns;
    return head;
}

// Reading symbol tables and compressing take up to seconds, so this works beside the cores. Head
// and samples live in the frame of this coroutine for as long as the other thread needs them.
io::Task<std::string> packed(ProfileHead head, std::vector<io::StackSample> samples) {
    const auto make = [&head, &samples] {
        return gzipped(profile_message(head, counted(samples)));
    };
    std::string message = co_await io::run_aside(make);
    co_return message;
}

// As Go does: what is no number of seconds is the default.
std::int64_t seconds_of(std::string_view text, std::int64_t otherwise) {
    const Result<std::int64_t> parsed = parse_go_integer(text);
    if (!parsed.ok() || *parsed <= 0) return otherwise;
    return std::min(*parsed, kSecondsMax);
}

void answer_file(Connection& connection, std::string_view name, std::string_view content) {
    const std::string disposition = "attachment; filename=\"" + std::string(name) + "\"";
    http::ResponseHead head(200);
    head.add("Content-Type", "application/octet-stream");
    head.add("Content-Disposition", disposition);
    head.add("X-Content-Type-Options", "nosniff");
    connection.answer(head, content, false);
}

// Runs beside the sampling. It ends when the client does, or when stop_watching() wakes it, so it
// has to be awaited before the flag goes.
io::Task<void> note_end(Connection& connection, bool& client_left) {
    client_left = co_await connection.watch_client();
}

// The CPU time of `seconds`; an error where it is being sampled already.
io::Task<Result<std::string>> cpu_profile(Connection& connection, std::int64_t seconds) {
    CoreServices& services = connection.services();
    const std::int64_t began_wall_ns = services.reactor.wall_ns();
    const std::int64_t began_ns = services.reactor.precise_ns();
    bool client_left = false;
    io::Task<void> watching = note_end(connection, client_left);
    io::Task<Result<std::vector<io::StackSample>>> sampling =
        sample_cpu(services, seconds * kSecondNs, client_left);
    Result<std::vector<io::StackSample>> samples = co_await sampling;
    connection.stop_watching();
    co_await watching;
    if (!samples.ok()) co_return samples.error();
    ProfileHead head = cpu_head(began_wall_ns, services.reactor.precise_ns() - began_ns);
    io::Task<std::string> packing = packed(std::move(head), std::move(*samples));
    std::string message = co_await packing;
    co_return message;
}

// A look at the cores and a profile of CPU time use the same signal, so one at a time is possible
// and another one is refused.
io::Task<Result<std::vector<io::StackSample>>> samples_of(CoreServices& services,
                                                          const ProfileKind& kind) {
    if (!kind.is_known) co_return std::vector<io::StackSample>();
    io::Task<Result<std::vector<io::StackSample>>> looking = look_at_cores(services);
    Result<std::vector<io::StackSample>> samples = co_await looking;
    co_return samples;
}

// Go's words and its status (net/http/pprof: Profile).
void answer_conflict(Connection& connection, const Error& error) {
    answer_plain(connection, 500, "Could not enable CPU profiling: " + error.message + "\n");
}

io::Task<void> answer_kind(Connection& connection, const ProfileKind& kind) {
    CoreServices& services = connection.services();
    const std::int64_t wall_ns = services.reactor.wall_ns();
    io::Task<Result<std::vector<io::StackSample>>> taking = samples_of(services, kind);
    Result<std::vector<io::StackSample>> samples = co_await taking;
    if (!samples.ok()) {
        answer_conflict(connection, samples.error());
        co_return;
    }
    const std::string_view debug = connection.parameters().get("debug");
    if (!debug.empty() && debug != "0") {
        const std::vector<io::StackSample>& all = *samples;
        const auto make = [&all, &kind] { return profile_text(kind.name, counted(all)); };
        const std::string text = co_await io::run_aside(make);
        answer_plain(connection, 200, text);
        co_return;
    }
    ProfileHead head = head_of(kind, wall_ns);
    io::Task<std::string> packing = packed(std::move(head), std::move(*samples));
    const std::string message = co_await packing;
    answer_file(connection, kind.name, message);
}

io::Task<void> answer_cpu(Connection& connection) {
    const std::int64_t seconds =
        seconds_of(connection.parameters().get("seconds"), kSecondsDefault);
    io::Task<Result<std::string>> profiling = cpu_profile(connection, seconds);
    const Result<std::string> message = co_await profiling;
    if (!message.ok()) {
        answer_conflict(connection, message.error());
        co_return;
    }
    answer_file(connection, "profile", *message);
}

// Keeps the text of an answer.
class TextSink final : public query::AnswerSink {
public:
    void begin(const query::AnswerStart&) override {}
    io::Task<Result<void>> write(std::string_view bytes) override {
        text += bytes;
        co_return Result<void>();
    }
    std::string text;
};

io::Task<std::string> answer_of(CoreServices& services, std::string statement) {
    query::QueryRequest request;
    request.text = std::move(statement);
    request.format = query::AnswerFormat::kCsv;
    TextSink sink;
    io::Task<Result<void>> running = services.executor.execute(std::move(request), sink);
    const Result<void> done = co_await running;
    co_return done.ok() ? std::move(sink.text) : done.error().message + "\n";
}

// `cpu=10s`, or `cpu=true` with `seconds` (services/httpd/pprof.go); 0: without.
std::int64_t cpu_seconds_of(const http::Parameters& parameters) {
    const std::string_view cpu = parameters.get("cpu");
    if (cpu.empty() || cpu == "false") return 0;
    const auto duration = influxql::parse_duration(cpu);
    if (!duration.ok()) return seconds_of(parameters.get("seconds"), kSecondsDefault);
    return std::clamp<std::int64_t>(*duration / kSecondNs, 1, kSecondsMax);
}

// The names within the archive are those of InfluxDB (services/httpd/pprof.go:
// archiveProfilesAndQueries).
io::Task<void> answer_all(Connection& connection) {
    CoreServices& services = connection.services();
    const std::int64_t wall_ns = services.reactor.wall_ns();
    TarArchive archive;
    const std::int64_t cpu_seconds = cpu_seconds_of(connection.parameters());
    if (cpu_seconds != 0) {
        io::Task<Result<std::string>> profiling = cpu_profile(connection, cpu_seconds);
        const Result<std::string> message = co_await profiling;
        if (!message.ok()) {
            answer_conflict(connection, message.error());
            co_return;
        }
        archive.add("profiles/cpu.pb.gz", *message, wall_ns);
    }
    for (const ProfileKind& kind : kKinds) {
        io::Task<Result<std::vector<io::StackSample>>> taking = samples_of(services, kind);
        Result<std::vector<io::StackSample>> samples = co_await taking;
        if (!samples.ok()) {
            answer_conflict(connection, samples.error());
            co_return;
        }
        ProfileHead head = head_of(kind, wall_ns);
        io::Task<std::string> packing = packed(std::move(head), std::move(*samples));
        const std::string message = co_await packing;
        archive.add("profiles/" + std::string(kind.name) + ".pb.gz", message, wall_ns);
    }
    for (const std::string_view what : {"shards", "stats", "diagnostics"}) {
        const std::string text = co_await answer_of(services, "SHOW " + std::string(what));
        archive.add("profiles/" + std::string(what) + ".txt", text, wall_ns);
    }
    const std::string bytes = archive.finish();
    const auto pack = [&bytes] { return gzipped(bytes); };
    const std::string file = co_await io::run_aside(pack);
    answer_file(connection, "profiles.tar.gz", file);
}

// A zero byte stands between two words, as in Go.
std::string command_line(const ServerShared& shared) {
    std::string text;
    for (const std::string& word : shared.command_line) {
        if (!text.empty()) text += '\0';
        text += word;
    }
    return text;
}

}  // namespace

io::Task<void> handle_profile(Connection& connection) {
    std::string_view name = connection.request().path.substr(kPrefix.size());
    if (name.starts_with('/')) name.remove_prefix(1);
    if (name.empty()) {
        answer_document(connection, 200, "text/html; charset=utf-8", index_page());
        co_return;
    }
    if (name == "cmdline") {
        answer_plain(connection, 200, command_line(connection.services().shared));
        co_return;
    }
    // What follows may take half a minute; the buffer of the socket is needed by others meanwhile.
    connection.release_input();
    if (name == "profile") {
        co_await answer_cpu(connection);
        co_return;
    }
    if (name == "all") {
        co_await answer_all(connection);
        co_return;
    }
    const auto* const kind = std::ranges::find(kKinds, name, &ProfileKind::name);
    if (kind == std::end(kKinds)) {
        answer_plain(connection, 404, "Unknown profile\n");
        co_return;
    }
    co_await answer_kind(connection, *kind);
}

}  // namespace sluice::server
