// The fields of a point arrive in parts, over connections of different cores: each store holds some
// of them, in memory, flushed or merged. Put together field by field, the value of the highest
// sequence wins, and a store by itself shows each point once.
//
//     sim-merge                     the default seeds
//     sim-merge --seeds FROM COUNT  others; a failure prints its seed
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "sluice/base/log.h"
#include "sluice/base/random.h"
#include "sluice/io/reactor.h"
#include "sluice/storage/store.h"
#include "support/sim_backend.h"

namespace sluice::storage {
namespace {

constexpr model::ShardGroupId kGroup = 1;
constexpr const char* kFields[] = {"a", "b", "c", "d", "e"};
constexpr std::size_t kFieldCount = std::size(kFields);

struct Point {
    std::string series;
    model::Timestamp time = 0;
    auto operator<=>(const Point&) const = default;
};
// The values are the sequences of their batches: the largest is the last.
using Row = std::array<std::uint64_t, kFieldCount>;  // 0: none
using Rows = std::map<Point, Row>;

class Machine {
public:
    explicit Machine(std::uint64_t seed) : random_(seed), backend_(seed), reactor_(backend_) {
        const std::uint64_t count = 1 + random_.below(3);
        for (std::uint64_t i = 0; i < count; ++i) {
            StoreOptions options;
            options.directory = "/store" + std::to_string(i);
            options.sequences = &sequences_;
            options.wal_file_bytes = 64 * kKiB;
            options.wal_frame_bytes = 16 * kKiB;
            options.wal_spare_files = 1;
            options.merge_width = 2 + static_cast<std::uint32_t>(random_.below(3));
            options.free_space_min = 0;
            options.cold_after_ns = 0;
            if (count == 1) options.group_is_ours_alone = [](model::ShardGroupId) { return true; };
            options.background = false;
            stores_.push_back(
                std::move(*reactor_.run_until_done(Store::open(reactor_, std::move(options)))));
            expected_.emplace_back();
        }
        times_ = random_.chance(0.02) ? 9000 : 3;
        series_ = times_ == 3 ? 3 : 1;
    }

    std::string run() {
        const std::uint64_t steps = 15 + random_.below(40);
        for (std::uint64_t i = 0; i < steps && complaint_.empty(); ++i) {
            const std::size_t store = random_.below(stores_.size());
            const std::uint64_t dice = random_.below(10);
            if (dice == 0) {
                (void)reactor_.run_until_done(stores_[store]->flush());
            } else if (dice == 1) {
                (void)reactor_.run_until_done(stores_[store]->compact(random_.chance(0.5)));
            } else {
                write(store);
            }
            if (random_.chance(0.1)) check();
        }
        check();
        for (const auto& store : stores_) reactor_.run_until_done(store->stop());
        stores_.clear();
        return complaint_;
    }

private:
    void write(std::size_t to) {
        Store& store = *stores_[to];
        model::PointBatch batch;
        // Nothing else takes sequences: this is the batch's.
        const std::uint64_t sequence = sequences_.take() + 1;
        const std::uint64_t rows = times_ == 3 ? 1 + random_.below(4) : 500 + random_.below(5000);
        for (std::uint64_t i = 0; i < rows; ++i) {
            Point point{"m,host=h" + std::to_string(random_.below(series_)),
                        10000 + static_cast<model::Timestamp>(random_.below(times_))};
            model::SeriesIndex& index = store.series_index();
            const model::SeriesId series = index.add_series(point.series);
            model::ShardSlot slot;
            slot.range = {0, 20000};
            slot.group = kGroup;
            model::BatchTable& table = batch.table(index.measurement(series), slot);
            const std::uint32_t row = table.rows();
            table.series.push_back(series);
            table.times.push_back(point.time);
            table.lines.push_back(1);
            const std::uint64_t fields = 1 + random_.below((1u << kFieldCount) - 1);
            for (std::size_t f = 0; f < kFieldCount; ++f) {
                if ((fields >> f & 1) == 0) continue;
                table.column(kFields[f], model::FieldType::kUnsigned).set_word(row, sequence);
                expected_[to][point][f] = sequence;
            }
        }
        batch.finish();
        auto receipt = reactor_.run_until_done(store.append(batch));
        if (!receipt.ok()) complain("write: " + receipt.error().message);
        if (receipt.ok() && receipt->sequence != sequence) complain("another sequence");
    }

    void check() {
        Rows merged_expected;
        Rows merged_seen;
        for (std::size_t i = 0; i < stores_.size(); ++i) {
            Rows alone;
            reactor_.run_until_done(read(*stores_[i], false, alone));
            if (alone != expected_[i]) complain("a store by itself is wrong");
            for (const auto& [point, row] : expected_[i]) {
                for (std::size_t f = 0; f < kFieldCount; ++f) {
                    merged_expected[point][f] = std::max(merged_expected[point][f], row[f]);
                }
            }
            rows_.clear();
            reactor_.run_until_done(read(*stores_[i], true, alone));
            candidates_.insert(candidates_.end(), rows_.begin(), rows_.end());
        }
        // As the coordinator of a query does it: by row sequence, field by field.
        std::sort(candidates_.begin(), candidates_.end(), [](const Apart& a, const Apart& b) {
            return std::tie(a.point, a.sequence) < std::tie(b.point, b.sequence);
        });
        for (const Apart& each : candidates_) {
            for (std::size_t f = 0; f < kFieldCount; ++f) {
                if (each.row[f] != 0) merged_seen[each.point][f] = each.row[f];
            }
        }
        candidates_.clear();
        if (merged_seen != merged_expected) complain("merged from all stores it is wrong");
    }

    struct Apart {
        Point point;
        std::uint64_t sequence;
        Row row;
    };

    io::Task<void> read(Store& store, bool apart, Rows& seen) {
        ScanSpec spec;
        spec.group = kGroup;
        spec.measurement = "m";
        for (const char* field : kFields) spec.fields.emplace_back(field);
        spec.with_sequences = apart;
        // Statistics may stand for rows only where they say the same.
        if (apart) spec.keeps_apart = [](std::string_view) { return true; };
        Scan scan = store.scan(std::move(spec));
        SeriesRun run;
        for (;;) {
            Result<bool> more = co_await scan.next(run);
            if (!more.ok()) complain("read: " + more.error().message);
            if (!more.ok() || !*more) co_return;
            for (std::size_t i = 0; i < run.rows; ++i) {
                const Point point{std::string(run.series_key), run.times[i]};
                Row row{};
                for (std::size_t f = 0; f < kFieldCount; ++f) {
                    if (run.columns[f].is_valid(i)) row[f] = run.columns[f].words[i];
                }
                if (apart) {
                    rows_.push_back({point, run.sequences[i], row});
                } else if (!seen.emplace(point, row).second) {
                    complain("a point comes twice");
                }
            }
        }
    }

    void complain(std::string text) {
        if (complaint_.empty()) complaint_ = std::move(text);
    }

    Random random_;
    io::SequenceSource sequences_;
    io::SimBackend backend_;
    io::Reactor reactor_;
    std::uint64_t times_ = 0;
    std::uint64_t series_ = 0;
    std::vector<std::unique_ptr<Store>> stores_;
    std::vector<Rows> expected_;
    std::vector<Apart> rows_;
    std::vector<Apart> candidates_;
    std::string complaint_;
};

}  // namespace
}  // namespace sluice::storage

int main(int argc, char** argv) {
    std::uint64_t first = 1;
    std::uint64_t count = 300;
    if (argc == 4 && std::strcmp(argv[1], "--seeds") == 0) {
        first = std::strtoull(argv[2], nullptr, 10);
        count = std::strtoull(argv[3], nullptr, 10);
    } else if (argc != 1) {
        std::fprintf(stderr, "usage: %s [--seeds FROM COUNT]\n", argv[0]);
        return 2;
    }
    sluice::set_log_level(sluice::LogLevel::kError);
    std::uint64_t failed = 0;
    for (std::uint64_t seed = first; seed < first + count && failed < 20; ++seed) {
        const std::string complaint = sluice::storage::Machine(seed).run();
        if (complaint.empty()) continue;
        ++failed;
        std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), complaint.c_str());
    }
    std::printf("%llu seeds from %llu, %llu failed\n", static_cast<unsigned long long>(count),
                static_cast<unsigned long long>(first), static_cast<unsigned long long>(failed));
    return failed == 0 ? 0 : 1;
}
