// Loads a server with writes and prints what it measured as one JSON object.
//
// All requests are made before the clock starts. The client is one epoll loop per thread, so that a
// server on another core is what limits the figures.
#include <signal.h>

#include <cmath>
#include <cstdio>
#include <string>

#include "load_runner.h"
#include "options.h"
#include "process_usage.h"

namespace {

using sluice::perf::LoadOptions;
using sluice::perf::LoadResult;
using sluice::perf::ProcessUsage;
using sluice::perf::RequestOptions;
using sluice::perf::RequestSet;

constexpr const char* kUsage =
    "usage: load [option]...\n"
    "what is sent\n"
    "  --shape NAME        cpu, short, mixed, log or series (cpu)\n"
    "  --lines N           lines in all (1000000)\n"
    "  --batch N           lines in each request (5000)\n"
    "  --series N, --seed N, --start NS, --interval NS   as for generate\n"
    "  --mode MODE         length, chunked, gzip or gzip-chunked (length); chunks are of 240 "
    "bytes\n"
    "  --target PATH       /write?db=bench\n"
    "how\n"
    "  --address ADDRESS, --port PORT   127.0.0.1, 8086\n"
    "  --connections N     open at once (2)\n"
    "  --threads N         of this program (1)\n"
    "  --rate R            requests a second in all; without it, as fast as answers come\n"
    "  --seconds S         stop beginning requests after S seconds\n"
    "  --repeat            begin again when all are sent; needs --seconds\n"
    "what is measured beside\n"
    "  --pid PID           CPU time and peak memory of this process, the server\n"
    "  --settle S          its CPU time until it is idle again, for at most S seconds (60)\n"
    "  --quiet S           idle is S seconds with hardly any CPU time (2)\n";

double latency_ms(const LoadResult& result, double quantile) {
    if (result.latencies_us.empty()) return 0;
    const auto rank = static_cast<std::size_t>(
        std::ceil(quantile * static_cast<double>(result.latencies_us.size())));
    return result.latencies_us[rank == 0 ? 0 : rank - 1] / 1000.0;
}

void print_result(const LoadResult& result, double line_bytes, double values_per_line) {
    const auto lines = static_cast<double>(result.lines);
    const double values = lines * values_per_line;
    std::printf("{\"requests\":%llu,\"statuses\":{",
                static_cast<unsigned long long>(result.requests));
    const char* separator = "";
    for (const auto& [status, count] : result.statuses) {
        std::printf("%s\"%u\":%llu", separator, status, static_cast<unsigned long long>(count));
        separator = ",";
    }
    std::printf("},\"broken_connections\":%llu,\"lines\":%.0f,\"values\":%.0f,\"seconds\":%.3f,",
                static_cast<unsigned long long>(result.broken_connections), lines, values,
                result.seconds);
    std::printf(
        "\"requests_per_second\":%.0f,\"lines_per_second\":%.0f,"
        "\"values_per_second\":%.0f,\"megabytes_per_second\":%.1f,",
        static_cast<double>(result.requests) / result.seconds, lines / result.seconds,
        values / result.seconds, line_bytes * lines / result.seconds / 1e6);
    std::printf(
        "\"bytes_per_line\":%.1f,\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p99_ms\":%.3f,"
        "\"p999_ms\":%.3f,\"max_ms\":%.3f",
        line_bytes, latency_ms(result, 0.5), latency_ms(result, 0.9), latency_ms(result, 0.99),
        latency_ms(result, 0.999), latency_ms(result, 1));
}

void print_usage(const ProcessUsage& before, const ProcessUsage& loaded,
                 const ProcessUsage& settled, double values, double requests) {
    const double cpu = settled.cpu_seconds - before.cpu_seconds;
    std::printf(
        ",\"server_cpu_seconds\":%.2f,\"server_cpu_seconds_during_load\":%.2f,"
        "\"server_cpu_ms_per_million_values\":%.1f,\"server_cpu_us_per_request\":%.2f,"
        "\"server_peak_megabytes\":%.1f,\"server_written_megabytes\":%.1f",
        cpu, loaded.cpu_seconds - before.cpu_seconds, values > 0 ? cpu * 1e9 / values : 0,
        requests > 0 ? cpu * 1e6 / requests : 0, static_cast<double>(settled.peak_bytes) / 1e6,
        static_cast<double>(settled.write_bytes - before.write_bytes) / 1e6);
}

}  // namespace

int main(int argc, char** argv) {
    signal(SIGPIPE, SIG_IGN);
    sluice::perf::WorkloadOptions workload_options;
    RequestOptions request_options;
    LoadOptions load_options;
    std::uint64_t line_count = 1'000'000;
    std::string mode = "length";
    int pid = 0;
    double settle_seconds = 60;
    double quiet_seconds = 2;
    sluice::perf::Options options(kUsage);
    options.add("shape", workload_options.shape);
    options.add("series", workload_options.series_count);
    options.add("seed", workload_options.seed);
    options.add("start", workload_options.start_ns);
    options.add("interval", workload_options.interval_ns);
    options.add("lines", line_count);
    options.add("batch", request_options.lines_per_request);
    options.add("mode", mode);
    options.add("target", request_options.target);
    options.add("address", load_options.address);
    options.add("port", load_options.port);
    options.add("connections", load_options.connections);
    options.add("threads", load_options.threads);
    options.add("rate", load_options.rate);
    options.add("seconds", load_options.seconds);
    options.add("repeat", load_options.repeat);
    options.add("pid", pid);
    options.add("settle", settle_seconds);
    options.add("quiet", quiet_seconds);
    options.parse(argc, argv);
    const auto workload = sluice::perf::Workload::make(workload_options);
    if (workload == nullptr) options.fail(workload_options.shape.c_str());
    if (line_count == 0 || request_options.lines_per_request == 0 || load_options.threads == 0 ||
        (load_options.repeat && load_options.seconds <= 0)) {
        options.fail("--lines, --batch, --threads or --repeat");
    }
    if (mode != "length" && mode != "chunked" && mode != "gzip" && mode != "gzip-chunked") {
        options.fail(mode.c_str());
    }
    request_options.gzip = mode.starts_with("gzip");
    request_options.framing = mode.ends_with("chunked") ? sluice::perf::Framing::kChunked
                                                        : sluice::perf::Framing::kLength;

    const RequestSet requests(*workload, line_count, request_options);
    ProcessUsage before;
    if (pid != 0) before = sluice::perf::read_process_usage(pid);
    const LoadResult result = run_load(requests, load_options);
    print_result(result,
                 static_cast<double>(requests.line_bytes()) / static_cast<double>(line_count),
                 workload->values_per_line());
    if (pid != 0) {
        const ProcessUsage loaded = sluice::perf::read_process_usage(pid);
        const bool is_idle = sluice::perf::wait_until_idle(pid, quiet_seconds, settle_seconds);
        print_usage(before, loaded, sluice::perf::read_process_usage(pid),
                    static_cast<double>(result.lines) * workload->values_per_line(),
                    static_cast<double>(result.requests));
        std::printf(",\"server_became_idle\":%s", is_idle ? "true" : "false");
    }
    std::printf("}\n");
    if (!result.first_error.empty()) std::fprintf(stderr, "%s\n", result.first_error.c_str());
    return result.first_error.empty() && result.broken_connections == 0 ? 0 : 1;
}
