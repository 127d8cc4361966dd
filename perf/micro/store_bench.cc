// What a store costs, step by step: CPU milliseconds of the whole process, kernel included, per
// million values. A real directory, the real ring, one core.
//
//     store_bench <directory> [batches]
//
// Batches of 5,000 rows of ten two-decimal floats, 4,000 series in turn, as from a fleet.
#include <sys/resource.h>

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "sluice/base/random.h"
#include "sluice/io/reactor.h"
#include "sluice/io/uring_backend.h"
#include "sluice/storage/head.h"
#include "sluice/storage/store.h"
#include "storage/memtable/memtable.h"
#include "storage/wal/wal_encoder.h"

namespace sluice::storage {
namespace {

constexpr std::uint32_t kRows = 5000;
constexpr std::uint32_t kSeries = 4000;
constexpr std::uint32_t kFields = 10;
constexpr std::int64_t kStartNs = 1'700'000'000'000'000'000;

double cpu_ms() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto ms = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
    };
    return ms(usage.ru_utime) + ms(usage.ru_stime);
}

// Series in turn; each has a new time when its turn comes again. Two-decimal random walks.
class Workload {
public:
    Workload() : random_(7), walks_(kSeries * kFields) {
        for (double& each : walks_) each = 50;
    }

    // A batch as the parser leaves it.
    void fill(model::PointBatch& batch, model::SeriesIndex& index) {
        batch.clear();
        model::ShardSlot slot;
        slot.range = {kStartNs - kDayNs, kStartNs + kWeekNs};
        slot.group = 1;
        for (std::uint32_t i = 0; i < kRows; ++i) {
            const auto host = static_cast<std::uint32_t>(next_ % kSeries);
            const std::int64_t time =
                kStartNs + static_cast<std::int64_t>(next_ / kSeries) * 10 * kSecondNs;
            ++next_;
            if (keys_.size() <= host) {
                const std::string number = std::to_string(host);
                keys_.push_back("cpu,arch=x64,datacenter=eu-west-1b,hostname=host_" + number +
                                ",os=Ubuntu16.10,rack=" + std::to_string(host % 100) +
                                ",region=eu-west-1,service=" + std::to_string(host % 20) +
                                ",service_environment=test,service_version=1,team=NYC");
            }
            const model::SeriesId series = index.add_series(keys_[host]);
            model::BatchTable& table = batch.table(index.measurement(series), slot);
            const std::uint32_t row = table.rows();
            table.series.push_back(series);
            table.times.push_back(time);
            table.lines.push_back(i + 1);
            for (std::uint32_t f = 0; f < kFields; ++f) {
                double& walk = walks_[host * kFields + f];
                walk += (random_.unit() + random_.unit() + random_.unit() - 1.5) * 2;
                walk = walk < 0 ? 0 : walk > 100 ? 100 : walk;
                const double value = static_cast<double>(static_cast<int>(walk * 100)) / 100;
                table.column(kNames[f], model::FieldType::kFloat)
                    .set_word(row, std::bit_cast<std::uint64_t>(value));
            }
        }
        batch.finish();
    }

private:
    static constexpr const char* kNames[kFields] = {
        "usage_user", "usage_system",  "usage_idle",  "usage_nice",  "usage_iowait",
        "usage_irq",  "usage_softirq", "usage_steal", "usage_guest", "usage_guest_nice"};
    Random random_;
    std::vector<double> walks_;
    std::vector<std::string> keys_;
    std::uint64_t next_ = 0;
};

class OneFrame final : public WalFrameSource {
public:
    WalFrame& current() override { return frame_; }
    WalFrame& next(std::size_t) override {
        seal();
        return frame_;
    }
    std::size_t payload_max() const override { return 1 << 20; }
    void seal() {
        WalFrameHeader header;
        bytes_ += frame_.seal(header).size();
        frame_.clear();
    }
    std::uint64_t bytes() const { return bytes_; }

private:
    WalFrame frame_{1 << 20};
    std::uint64_t bytes_ = 0;
};

void print(const char* step, double ms, double values) {
    std::printf("%-34s %7.2f ms per million values\n", step, ms / (values / 1e6));
    std::fflush(stdout);
}

void measure_pure_steps() {
    constexpr unsigned kBatches = 60;
    Workload workload;
    Head head(1);
    std::vector<std::unique_ptr<model::PointBatch>> batches;
    for (unsigned i = 0; i < kBatches; ++i) {
        batches.push_back(std::make_unique<model::PointBatch>());
        workload.fill(*batches.back(), head.series_index());
    }
    const double values = kBatches * double{kRows} * kFields;
    WalMarks marks;
    OneFrame frames;
    double begin = cpu_ms();
    for (unsigned i = 0; i < kBatches; ++i) {
        (void)encode_batch(head, marks, *batches[i], i + 1, frames);
        frames.seal();
    }
    print("log encoding and checksums", cpu_ms() - begin, values);
    std::printf("%-34s %7.2f\n", "log bytes per value", double(frames.bytes()) / values);
    begin = cpu_ms();
    for (unsigned i = 0; i < kBatches; ++i) {
        const model::BatchTable& table = batches[i]->table_at(0);
        (void)head.memtable(1, table.measurement).append(table, i + 1);
    }
    print("memtable", cpu_ms() - begin, values);
}

io::Task<Result<void>> measure_store(io::Reactor& reactor, std::string directory,
                                     unsigned batch_count) {
    io::SequenceSource sequences;
    StoreOptions options;
    options.directory = directory;
    options.sequences = &sequences;
    SLUICE_CO_TRY(std::unique_ptr<Store> store, co_await Store::open(reactor, options));
    Workload workload;
    model::PointBatch batch;
    const double values = batch_count * double{kRows} * kFields;
    double filling = 0;
    double appending = 0;
    const std::int64_t wall_begin = reactor.precise_ns();
    for (unsigned i = 0; i < batch_count; ++i) {
        const double begin = cpu_ms();
        workload.fill(batch, store->series_index());
        const double filled = cpu_ms();
        filling += filled - begin;
        SLUICE_CO_TRY_VOID(co_await store->append(batch));
        appending += cpu_ms() - filled;
    }
    const double wall_s = static_cast<double>(reactor.precise_ns() - wall_begin) / 1e9;
    print("append with flushes between", appending, values);
    double begin = cpu_ms();
    SLUICE_CO_TRY_VOID(co_await store->flush());
    SLUICE_CO_TRY_VOID(co_await store->compact());
    print("the rest of flush and compaction", cpu_ms() - begin, values);
    begin = cpu_ms();
    const std::uint64_t merged_before = store->metrics().compaction_bytes_in.value();
    SLUICE_CO_TRY_VOID(co_await store->compact(true));
    print("merge into one run", cpu_ms() - begin, values);
    const StoreStats stats = store->stats();
    std::printf(
        "%.2f s; %llu flushes, %llu merges before the last, %llu waits; %.3f bytes per "
        "value; last merge read %llu bytes; commit p50 %llu us\n",
        wall_s, static_cast<unsigned long long>(store->metrics().flushes.value()),
        static_cast<unsigned long long>(store->metrics().compactions.value() - 1),
        static_cast<unsigned long long>(store->metrics().append_waits.value()),
        static_cast<double>(stats.segment_bytes) / values,
        static_cast<unsigned long long>(store->metrics().compaction_bytes_in.value() -
                                        merged_before),
        static_cast<unsigned long long>([&] {
            HistogramSnapshot snapshot;
            snapshot.add(store->metrics().commit_ns);
            return snapshot.quantile(0.5) / 1000;
        }()));
    co_await store->stop();
    store.reset();

    // Recovery of a full head's log: about 60 MB.
    StoreOptions manual = options;
    manual.directory = directory + "/replay";
    manual.background = false;
    manual.head_bytes_max = kGiB;
    SLUICE_CO_TRY(store, co_await Store::open(reactor, manual));
    Workload again;
    constexpr unsigned kReplayed = 200;
    for (unsigned i = 0; i < kReplayed; ++i) {
        again.fill(batch, store->series_index());
        SLUICE_CO_TRY_VOID(co_await store->append(batch));
    }
    co_await store->stop();
    store.reset();
    SLUICE_CO_TRY(store, co_await Store::open(reactor, manual));
    std::printf("recovery of %.1f MB of log, %llu rows: %.0f ms\n",
                static_cast<double>(store->recovery().log_bytes) / 1e6,
                static_cast<unsigned long long>(store->recovery().rows),
                static_cast<double>(store->recovery().duration_ns) / 1e6);
    begin = cpu_ms();
    SLUICE_CO_TRY_VOID(co_await store->flush());
    print("flush: sort, encode, write", cpu_ms() - begin, kReplayed * double{kRows} * kFields);
    co_await store->stop();
    co_return Result<void>();
}

}  // namespace
}  // namespace sluice::storage

int main(int argc, char** argv) {
    using namespace sluice;
    if (argc < 2) {
        std::fprintf(stderr, "usage: store_bench <directory> [batches]\n");
        return 2;
    }
    storage::measure_pure_steps();
    auto backend = io::make_uring_backend();
    if (!backend.ok()) {
        std::fprintf(stderr, "%s\n", backend.error().message.c_str());
        return 1;
    }
    io::Reactor reactor(**backend);
    const auto batches = static_cast<unsigned>(argc > 2 ? std::atoi(argv[2]) : 600);
    const Result<void> done =
        reactor.run_until_done(storage::measure_store(reactor, argv[1], batches));
    if (!done.ok()) std::fprintf(stderr, "%s\n", done.error().message.c_str());
    return done.ok() ? 0 : 1;
}
