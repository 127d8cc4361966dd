// How long line protocol takes to become columns: per line and per million values.
//
//     line_protocol_bench [shape] [series] [lines per batch] [seconds]
//
// Batches are made beforehand (64 MiB at most, so they come from memory as bodies do) and parsed in
// turn against one index, as a core does between two flushes. Shape "new" is "cpu" against an index
// that is thrown away after each pass: every series is new.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "sluice/ingest/line_protocol.h"
#include "workload.h"

namespace {

using sluice::ingest::LineProtocolParser;
using sluice::ingest::ParserKernel;

// The thread's own time: other processes do not count. Of every body the fastest of all passes is
// taken, which leaves out what they do to the caches.
double cpu_ns() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

struct Sample {
    double nanoseconds = 0;
    std::uint64_t lines = 0;
    std::uint64_t values = 0;
};

Sample measure(ParserKernel kernel, const std::vector<std::string>& bodies, bool always_new,
               double seconds) {
    sluice::model::SeriesIndex index;
    sluice::model::PointBatch batch;
    LineProtocolParser parser(kernel);
    std::vector<double> fastest(bodies.size(), 1e18);
    Sample sample;
    const double begin = cpu_ns();
    for (int pass = 0; pass < 3 || cpu_ns() - begin < seconds * 1e9; ++pass) {
        if (always_new) index = sluice::model::SeriesIndex();
        for (std::size_t i = 0; i < bodies.size(); ++i) {
            batch.clear();
            const double start = cpu_ns();
            const std::uint64_t rows = parser.parse(bodies[i], {}, {}, index, batch).rows;
            fastest[i] = std::min(fastest[i], cpu_ns() - start);
            if (pass != 0) continue;
            sample.lines += rows;
            sample.values += batch.value_count();
        }
    }
    for (const double each : fastest) sample.nanoseconds += each;
    return sample;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string shape = argc > 1 ? argv[1] : "cpu";
    sluice::perf::WorkloadOptions options;
    options.shape = shape == "new" ? "cpu" : shape;
    options.series_count = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 4000;
    const std::size_t batch_lines = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 5000;
    const double seconds = argc > 4 ? std::strtod(argv[4], nullptr) : 2;
    const auto workload = sluice::perf::Workload::make(options);
    if (workload == nullptr) {
        std::fprintf(stderr, "unknown shape %s\n", shape.c_str());
        return 2;
    }
    std::vector<std::string> bodies;
    std::size_t bytes = 0;
    std::uint64_t lines = 0;
    while (bytes < (std::size_t{64} << 20) && lines < options.series_count * 40) {
        std::string body;
        for (std::size_t i = 0; i < batch_lines; ++i) workload->append_line(body);
        bytes += body.size();
        lines += batch_lines;
        bodies.push_back(std::move(body));
    }
    std::printf("%s: %zu bodies of %zu lines, %.0f bytes a line\n", shape.c_str(), bodies.size(),
                batch_lines, static_cast<double>(bytes) / static_cast<double>(lines));
    for (const auto& [kernel, name] :
         {std::pair(ParserKernel::kScalar, "scalar"), std::pair(ParserKernel::kAvx2, "avx2"),
          std::pair(ParserKernel::kAvx512, "avx512")}) {
        if (!sluice::ingest::is_parser_kernel_available(kernel)) continue;
        const Sample sample = measure(kernel, bodies, shape == "new", seconds);
        std::printf("%-7s %7.1f ns/line %7.2f ms per million values %6.2f GB/s\n", name,
                    sample.nanoseconds / static_cast<double>(sample.lines),
                    sample.nanoseconds / static_cast<double>(sample.values),
                    static_cast<double>(bytes) / sample.nanoseconds);
    }
    return 0;
}
