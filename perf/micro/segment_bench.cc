// Size and speed of whole segments, from sorted rows to bytes and back.
//
//     segment_bench [repetitions]
//
// `fleet`: 100 hosts with 10 tags, 10 two-decimal random walks each, 500 points a series, sequence
// column as in a flush. `merged`: the same without sequences and with 5,000 points a series, so
// that blocks hold one series and carry statistics. `new series`: a million series of one row.
#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "sluice/base/random.h"
#include "sluice/io/reactor.h"
#include "storage/segment/segment_reader.h"
#include "storage/segment/segment_writer.h"

namespace {

using namespace sluice;
using model::FieldType;
using model::Timestamp;

constexpr Timestamp kStart = 1'451'606'400'000'000'000;

struct Rows {
    std::vector<std::string> keys;
    std::uint32_t rows_per_series = 0;
    std::vector<storage::SegmentColumn> columns;
    std::vector<Timestamp> times;
    std::vector<std::uint64_t> sequences;
    std::vector<std::vector<std::uint64_t>> words;
};

double seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

double gaussian(Random& random) {
    double sum = -6.0;
    for (int i = 0; i < 12; ++i) sum += random.unit();
    return sum;
}

Rows fleet(std::uint32_t hosts, std::uint32_t points) {
    Random random(1);
    Rows rows;
    rows.rows_per_series = points;
    for (std::uint32_t host = 0; host < hosts; ++host) {
        const auto pick = [&](const char* stem, std::uint64_t count) {
            return stem + std::to_string(random.below(count));
        };
        rows.keys.push_back("cpu,arch=" + pick("x8", 2) + ",datacenter=" + pick("eu-central-1", 3) +
                            ",hostname=host_" + std::to_string(host) + ",os=" + pick("Ubuntu1", 3) +
                            ",rack=" + pick("", 100) + ",region=" + pick("eu-central-", 9) +
                            ",service=" + pick("", 20) + ",service_environment=" + pick("test", 3) +
                            ",service_version=" + pick("", 2) + ",team=" + pick("SF", 4));
    }
    std::sort(rows.keys.begin(), rows.keys.end());
    for (int i = 0; i < 10; ++i) {
        rows.columns.push_back({"usage_" + std::to_string(i), FieldType::kFloat});
    }
    rows.words.resize(10);
    for (std::uint32_t host = 0; host < hosts; ++host) {
        double at[10];
        for (double& value : at) value = random.unit() * 100;
        std::uint64_t sequence = 100;
        for (std::uint32_t i = 0; i < points; ++i) {
            rows.times.push_back(kStart + i * 10 * kSecondNs);
            rows.sequences.push_back(sequence);
            sequence += random.below(3) == 0 ? 2 : 1;
            for (std::size_t c = 0; c < 10; ++c) {
                at[c] = std::fmin(100, std::fmax(0, at[c] + gaussian(random)));
                rows.words[c].push_back(
                    std::bit_cast<std::uint64_t>(std::round(at[c] * 100) / 100));
            }
        }
    }
    return rows;
}

Rows new_series(std::uint32_t count) {
    Random random(2);
    Rows rows;
    rows.rows_per_series = 1;
    rows.columns = {{"v", FieldType::kFloat}};
    rows.words.resize(1);
    for (std::uint32_t i = 0; i < count; ++i) {
        rows.keys.push_back("m,host=server-" + std::to_string(i) +
                            ",region=" + (random.chance(0.5) ? "eu" : "us"));
        rows.times.push_back(kStart);
        rows.sequences.push_back(1 + i / 5000);
        rows.words[0].push_back(std::bit_cast<std::uint64_t>(1.0));
    }
    std::sort(rows.keys.begin(), rows.keys.end());
    return rows;
}

class MemoryAccess final : public storage::RandomAccess {
public:
    std::uint64_t size() const override { return bytes.size(); }
    io::Task<Result<storage::FileBytes>> read(std::uint64_t offset, std::size_t size) override {
        storage::FileBytes result;
        result.bytes = ByteSpan(bytes).subspan(offset, size);
        co_return result;
    }
    std::vector<std::byte> bytes;
};

std::size_t write_segment(const Rows& rows, bool with_sequences, MemoryAccess& file) {
    storage::SegmentWriterOptions options;
    options.with_sequences = with_sequences;
    storage::SegmentWriter writer(options);
    std::vector<codec::ColumnSlice> slices(rows.columns.size());
    for (std::size_t i = 0; i < slices.size(); ++i) slices[i].words = rows.words[i];
    const storage::SegmentRows source{rows.times, rows.sequences, slices};
    std::size_t bytes = 0;
    const auto drain = [&] {
        while (auto piece = writer.take_piece()) {
            bytes += piece->size;
            file.bytes.insert(file.bytes.end(), piece->bytes().begin(), piece->bytes().end());
        }
    };
    file.bytes.clear();
    writer.begin_measurement("cpu", rows.columns);
    for (std::uint32_t i = 0; i < rows.keys.size(); ++i) {
        writer.begin_series(rows.keys[i], rows.rows_per_series);
        writer.append(source, i * rows.rows_per_series, (i + 1) * rows.rows_per_series);
        drain();
    }
    writer.end_measurement();
    writer.finish();
    drain();
    return bytes;
}

void read_segment(MemoryAccess& file) {
    auto reader = storage::SegmentReader::open(file, "bench").take();
    auto index = (*reader)->load_index((*reader)->measurements()[0]).take();
    std::vector<std::uint32_t> columns;
    for (std::uint32_t i = 0; i < (*index)->columns().size(); ++i) columns.push_back(i);
    storage::BlockRequest request;
    request.columns = columns;
    storage::SegmentBlock block;
    for (std::uint32_t i = 0; i < (*index)->block_count(); ++i) {
        if (!(*reader)->read_block(**index, i, request, block).take().ok()) std::abort();
    }
}

void read_keys(MemoryAccess& file) {
    auto reader = storage::SegmentReader::open(file, "bench").take();
    auto index = (*reader)->load_index((*reader)->measurements()[0]).take();
    std::string key;
    for (std::uint32_t i = 0; i < (*index)->page_count(); ++i) {
        auto page = (*reader)->read_series_page(**index, i).take();
        for (std::uint32_t k = 0; k < (*page)->series_count(); ++k) {
            key.clear();
            (*page)->append_key(k, key);
        }
    }
}

void run(const char* name, const Rows& rows, bool with_sequences, int repetitions) {
    MemoryAccess file;
    double write = 1e9;
    double read = 1e9;
    double keys = 1e9;
    std::size_t bytes = 0;
    for (int i = 0; i < repetitions; ++i) {
        const double t0 = seconds();
        bytes = write_segment(rows, with_sequences, file);
        const double t1 = seconds();
        read_segment(file);
        const double t2 = seconds();
        read_keys(file);
        write = std::min(write, t1 - t0);
        read = std::min(read, t2 - t1);
        keys = std::min(keys, seconds() - t2);
    }
    const auto values = static_cast<double>(rows.times.size() * rows.columns.size());
    const auto series = static_cast<double>(rows.keys.size());
    std::printf(
        "%-12s %9zu bytes, %6.3f a value, %8.2f a series; write %6.2f ns, read %5.2f ns a "
        "value; keys %5.0f ns each\n",
        name, bytes, static_cast<double>(bytes) / values, static_cast<double>(bytes) / series,
        write / values * 1e9, read / values * 1e9, keys / series * 1e9);
}

}  // namespace

int main(int argc, char** argv) {
    const int repetitions = argc > 1 ? std::atoi(argv[1]) : 5;
    run("fleet", fleet(100, 500), true, repetitions);
    run("fleet, cold", fleet(100, 500), false, repetitions);
    run("merged", fleet(20, 5000), false, repetitions);
    run("new series", new_series(1'000'000), true, 2);
    return 0;
}
