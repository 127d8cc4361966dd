// sluice: looks at what the server wrote, exports it, and mends it while the server does not run.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <optional>
#include <string>

#include "server/config/config_file.h"
#include "server/config/version.h"
#include "server/tool/console.h"
#include "server/tool/export.h"
#include "server/tool/inspect.h"
#include "server/tool/lake_status.h"
#include "server/tool/lake_verify.h"
#include "server/tool/parquet_export.h"
#include "server/tool/repair.h"
#include "server/tool/verify.h"
#include "sluice/influxql/time_literal.h"
#include "sluice/io/reactor.h"
#include "sluice/io/uring_backend.h"

namespace {

using namespace sluice;
using namespace sluice::server;

// As the server's for a command line that it does not understand.
constexpr int kUsageStatus = 2;

// What this machine offers the server.
// The server cannot run without a ring; few descriptors only limit how many clients it takes.
int check() {
    bool good = true;
    auto backend = io::make_uring_backend();
    std::printf("io_uring: %s\n", backend.ok() ? "available" : backend.error().message.c_str());
    good = good && backend.ok();
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    std::printf("descriptors: %llu%s\n", static_cast<unsigned long long>(limit.rlim_max),
                limit.rlim_max < 65536 ? ", few for a server with many clients" : "");
    return good ? 0 : 1;
}

template <typename T>
std::optional<T> value_or_complaint(Result<T> result) {
    if (result.ok()) return std::move(result).value();
    complain(result.error().message);
    return std::nullopt;
}

// The exit status of `work(reactor)`: whether its value says that all is well.
template <typename Work>
int run(Work work) {
    auto backend = io::make_uring_backend();
    if (!backend.ok()) {
        complain(backend.error().message);
        return 1;
    }
    io::Reactor reactor(**backend);
    const auto good = value_or_complaint<bool>(reactor.run_until_done(work(reactor)));
    return good.value_or(false) ? 0 : 1;
}

io::Task<Result<bool>> run_inspect(io::Reactor& reactor, std::string path, bool rows) {
    SLUICE_CO_TRY_VOID(co_await inspect(reactor, std::move(path), rows));
    co_return true;
}

io::Task<Result<bool>> run_verify(io::Reactor& reactor, std::string path) {
    SLUICE_CO_TRY(const std::size_t damaged, co_await verify(reactor, std::move(path)));
    co_return damaged == 0;
}

// RFC 3339, or nanoseconds since the epoch. Empty: `fallback`.
Result<model::Timestamp> time_of(const std::string& text, model::Timestamp fallback) {
    if (text.empty()) return fallback;
    if (const auto literal = influxql::parse_time_literal(text)) {
        return influxql::to_nanoseconds(*literal);
    }
    model::Timestamp time = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), time);
    if (read.ec == std::errc() && read.ptr == text.data() + text.size()) return time;
    return Error{ErrorKind::kInvalid,
                 text + " is no time: write 2026-01-31T12:00:00Z, or nanoseconds"};
}

// What the command line says, before times are read.
// Filled in by CLI11, which keeps references to its members while it parses.
struct Arguments {
    std::string path;
    std::string action;  // of lake
    std::string config;  // likewise
    std::string start;
    std::string end;
    bool rows = false;
    bool apply = false;
    ExportOptions exporting;
    std::string parquet;  // folder to write instead of lines; empty: lines
};

int run_export(Arguments& arguments) {
    ExportOptions& options = arguments.exporting;
    const auto begin = value_or_complaint(time_of(arguments.start, model::kTimestampMin));
    const auto end = value_or_complaint(time_of(arguments.end, model::kTimestampMax));
    if (!begin || !end) return kUsageStatus;
    options.directory = arguments.path;
    // The end is inclusive on the command line, as with influx_inspect, and exclusive inside. The
    // largest time is the end of all already.
    options.selection.range = {*begin, *end == model::kTimestampMax + 1 ? *end : *end + 1};
    if (!arguments.parquet.empty()) {
        const ParquetExportOptions parquet{options.directory, options.selection, arguments.parquet,
                                           options.scratch};
        return value_or_complaint(export_parquet(parquet)).value_or(false) ? 0 : 1;
    }
    if (options.out == "-") options.out.clear();
    return value_or_complaint(export_lines(options)).value_or(false) ? 0 : 1;
}

void add_export(CLI::App& app, Arguments& arguments) {
    ExportOptions& options = arguments.exporting;
    CLI::App* const command = app.add_subcommand(
        "export",
        "write the points of a data directory as line protocol or Parquet files, whatever state it "
        "is in, also beside its server;\n1 if something could not be read: it is named and left "
        "out");
    command->add_option("DIR", arguments.path, "a data directory, or one store")->required();
    ExportSelection& selection = options.selection;
    command->add_option("--database", selection.database, "only this database");
    command->add_option("--retention-policy", selection.retention_policy, "only this policy");
    command->add_option("--measurement", selection.measurement, "only this measurement");
    command->add_option("--start", arguments.start,
                        "only points from this time on: RFC 3339 or nanoseconds");
    command->add_option("--end", arguments.end, "only points up to this time, inclusive");
    CLI::Option* const parquet = command->add_option(
        "--parquet", arguments.parquet,
        "write Parquet files into this folder: <database>/<policy>/<measurement>/day=<day>/");
    command->add_option("--out", options.out, "file to write, else standard output")
        ->excludes(parquet);
    command->add_flag("--compress", options.compress, "gzip")->excludes(parquet);
    command
        ->add_flag("--lponly", options.lines_only,
                   "lines only, for /write, without the statements and comments that influx "
                   "-import reads")
        ->excludes(parquet);
    command->add_option("--scratch", options.scratch,
                        "directory for copies of what is not in segments yet, else $TMPDIR or "
                        "/var/tmp; they are removed at the end");
}

Result<LakeSettings> lake_settings(const std::string& config_file) {
    if (config_file.empty()) return LakeSettings();
    ConfigWarnings warnings;
    SLUICE_TRY(const Config config, read_config(config_file, true, warnings));
    SLUICE_TRY_VOID(check_lake(config.lake));
    return config.lake;
}

int run_lake(const Arguments& arguments) {
    if (arguments.action == "verify") {
        const auto settings = value_or_complaint(lake_settings(arguments.config));
        if (!settings) return kUsageStatus;
        const auto same =
            value_or_complaint(verify_lake(arguments.path, arguments.exporting.scratch, *settings));
        return same.value_or(false) ? 0 : 1;
    }
    const Result<void> printed = print_lake_status(arguments.path);
    if (!printed.ok()) complain(printed.error().message);
    return printed.ok() ? 0 : 1;
}

void add_lake(CLI::App& app, Arguments& arguments) {
    CLI::App* const command = app.add_subcommand(
        "lake",
        "print what a data directory has published (status), also beside a server, or compare a "
        "stopped server's directory with the lake (verify): rows, values and sums by shard group;"
        "\n1 if something differs, be it that it came too late to be published");
    command->add_option("ACTION", arguments.action, "status or verify")
        ->required()
        ->check(CLI::IsMember({"status", "verify"}));
    command->add_option("DIR", arguments.path, "a data directory")->required();
    command->add_option("--scratch", arguments.exporting.scratch,
                        "directory for copies of what is not in segments yet, as for export");
    command->add_option("--config", arguments.config,
                        "the server's configuration, whose [lake] says how its bucket is reached");
}

void add_commands(CLI::App& app, Arguments& arguments) {
    CLI::App* const inspecting = app.add_subcommand(
        "inspect", "print what a segment, log, manifest, catalog or Parquet file holds");
    inspecting->add_option("FILE", arguments.path)->required();
    inspecting->add_flag("--rows", arguments.rows,
                         "also rows of logs, series and blocks of segments");
    app.add_subcommand("verify", "check every checksum of a data directory; 1 if one fails")
        ->add_option("DIR", arguments.path)
        ->required();
    CLI::App* const repairing = app.add_subcommand(
        "repair",
        "make a lost catalog of a stopped server again from what the stores know, and say what is "
        "lost;\nchanges nothing without --apply; 1 if something is lost or was guessed");
    repairing->add_option("DIR", arguments.path, "a data directory")->required();
    repairing->add_flag("--apply", arguments.apply, "do it");
    add_export(app, arguments);
    add_lake(app, arguments);
    app.add_subcommand("check", "does this machine suit the server");
}

}  // namespace

// Exit status: 0, all is well; 1, something is damaged, lost or cannot be done; 2, the command line
// is not understood.
int main(int argc, char** argv) {
    CLI::App app("Looks at and mends the files of a Sluice data directory.", "sluice");
    app.set_version_flag("--version", std::string(server::kVersion));
    app.require_subcommand(0, 1);
    Arguments arguments;
    add_commands(app, arguments);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kUsageStatus;
    }
    if (app.get_subcommands().empty()) {
        std::fputs(app.help().c_str(), stderr);
        return kUsageStatus;
    }
    if (app.got_subcommand("check")) return check();
    if (app.got_subcommand("export")) return run_export(arguments);
    if (app.got_subcommand("lake")) return run_lake(arguments);
    return run([&](io::Reactor& reactor) {
        if (app.got_subcommand("verify")) return run_verify(reactor, arguments.path);
        if (app.got_subcommand("inspect")) {
            return run_inspect(reactor, arguments.path, arguments.rows);
        }
        return repair(reactor, {arguments.path, arguments.apply});
    });
}
