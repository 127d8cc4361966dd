// Statements run to their end: any text ends, in little time and memory, whatever it asks of a
// small engine on a simulated machine of two cores. Rows of each series lie in the stores of both,
// on disk and in memory, some of them a nanosecond apart and some of them years; queries have so
// little memory that what they read has to be cut into slices.
//
// A text that takes longer than libFuzzer's -timeout is a finding. So is one of kCpuSecondsMax
// seconds, which is far from what a few hundred rows can cost.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

#include "sim_cores.h"
#include "sluice/base/log.h"
#include "sluice/engine/engine.h"
#include "sluice/ingest/line_protocol.h"
#include "sluice/query/continuous_queries.h"
#include "sluice/query/statement_executor.h"

namespace {

using namespace sluice;

constexpr std::uint32_t kCores = 2;
constexpr double kCpuSecondsMax = 20;
constexpr std::size_t kAnswerBytesMax = 64 * kMiB;
constexpr model::Timestamp kBase = 1'699'999'000'000'000'000;

double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

engine::EngineOptions small_options() {
    engine::EngineOptions options;
    options.data_directory = "/data";
    options.cores = kCores;
    options.memory.heads_bytes = kCores * 4 * kMiB;
    options.store.wal_file_bytes = 64 * kKiB;
    options.store.wal_frame_bytes = 16 * kKiB;
    return options;
}

// What a core is written. `seed` sets cores and rounds apart; some times are those of the others.
std::string lines(int seed) {
    std::string text;
    for (int i = 0; i < 60; ++i) {
        const std::string host = "h" + std::to_string(i % 3);
        const std::string dense = std::to_string(kBase + i * 2 + seed % 2);
        const std::string wide = std::to_string(kBase - i * 7 * kDayNs - seed * (i % 5));
        const std::string value = std::to_string((i * 37 + seed * 11) % 100 - 50);
        text += "m,h=" + host + " v=" + value + ".25,i=" + value + "i,s=\"" + value +
                "\",b=" + (i % 2 == 0 ? "t" : "f") + " " + dense + "\n";
        text += "w,h=" + host + ",r=x v=" + value + " " + wide + "\n";
        if (i % 10 == 0) text += "t,h=" + host + " v=\"text\",time2=1i " + wide + "\n";
    }
    return text;
}

io::Task<bool> write_lines(engine::Core& core, std::string text) {
    ingest::LineProtocolParser parser;
    model::PointBatch batch;
    std::vector<model::Rejection> rejections;
    for (;;) {
        const Result<engine::WriteTarget> target = core.resolve("d", "");
        if (!target.ok()) co_return false;
        batch.clear();
        rejections.clear();
        (void)parser.parse(text, {}, target->shards, core.series_index(), batch);
        const engine::WriteOutcome outcome = co_await core.write(*target, batch, rejections);
        if (outcome.status == engine::WriteStatus::kParseAgain) continue;
        co_return outcome.status == engine::WriteStatus::kDone;
    }
}

// A client that reads everything, up to a bound.
class Reader final : public query::AnswerSink {
public:
    void begin(const query::AnswerStart&) override {}
    io::Task<Result<void>> write(std::string_view bytes) override {
        bytes_ += bytes.size();
        if (bytes_ > kAnswerBytesMax) co_return Error{ErrorKind::kCancelled, "enough"};
        co_return Result<void>();
    }

private:
    std::size_t bytes_ = 0;
};

class Machine {
public:
    explicit Machine(std::string_view text) : text_(text) {}

    void run() {
        engine_ = std::move(*engine::Engine::create(small_options()));
        {
            io::SimCores cores(world_, kCores);
            cores.run([this](io::Reactor& reactor) { return core_main(reactor); });
        }
        engine_.reset();
    }

private:
    io::Task<void> core_main(io::Reactor& reactor) {
        const Result<engine::Core*> started = co_await engine_->start_core(reactor);
        if (!started.ok()) std::abort();
        engine::Core& core = **started;
        if (core.number() == 0) (void)co_await core.create_database("d");
        while (core.catalog()->find_database("d") == nullptr) (void)co_await reactor.sleep_ns(1000);
        const int number = static_cast<int>(core.number());
        co_await write(core, number);
        (void)co_await core.stores().front()->flush();
        co_await write(core, number + 2);
        ++ready_;
        while (ready_ < kCores) (void)co_await reactor.sleep_ns(1000);
        if (core.number() == 0) co_await ask(core);
        co_await engine_->stop_core(core);
    }
    static io::Task<void> write(engine::Core& core, int seed) {
        const bool written = co_await write_lines(core, lines(seed));
        if (!written) std::abort();
    }
    io::Task<void> ask(engine::Core& core) {
        query::QueryLimits limits;
        limits.memory_bytes_max = 64 * kKiB;
        query::StatementExecutor executor(core, registry_, limits);
        query::QueryRequest request;
        request.text = text_;
        request.database = "d";
        Reader reader;
        (void)co_await executor.execute(std::move(request), reader);
        // What the text has made of them.
        query::ContinuousQueries continuous(query::execute_into(executor), false);
        const auto never = [] { return false; };
        for (const std::int64_t later : {kSecondNs, kMinuteNs, kDayNs}) {
            co_await continuous.run_due(core.catalog(), kBase + later, never);
        }
    }

    const std::string text_;
    io::SimWorld world_{1};
    query::QueryRegistry registry_{kCores};
    std::unique_ptr<engine::Engine> engine_;
    std::uint32_t ready_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    set_log_level(LogLevel::kError);
    const double began = cpu_seconds();
    Machine(std::string_view(reinterpret_cast<const char*>(data), size)).run();
    const double took = cpu_seconds() - began;
    if (took > kCpuSecondsMax) {
        std::fprintf(stderr, "the text took %.1f seconds of CPU\n", took);
        std::abort();
    }
    return 0;
}
