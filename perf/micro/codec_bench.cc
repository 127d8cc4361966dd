// Size and speed of column chunks on the shapes of data Sluice meets.
//
//     codec_bench [repetitions]
//
// Per shape: bytes per value, and nanoseconds per value to encode, to compute statistics and to
// decode, with the kernels this processor chooses.
#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "sluice/base/random.h"
#include "sluice/codec/column_chunk.h"

namespace {

using namespace sluice;
using codec::ColumnSlice;
using codec::kBlockRowsMax;
using model::FieldType;

constexpr std::size_t kBlocks = 64;

struct Data {
    FieldType type = FieldType::kFloat;
    std::vector<std::uint64_t> words;
    std::vector<std::string> texts;
    std::vector<std::string_view> views;
};

double gaussian(Random& random) {
    double sum = -6.0;
    for (int i = 0; i < 12; ++i) sum += random.unit();
    return sum;
}

std::uint64_t bits(double value) {
    return std::bit_cast<std::uint64_t>(value);
}

// Random walks as TSBS cpu-only makes them: sigma 1.0, clamped to 0..100, two decimals, many series
// one after the other.
Data walks(std::size_t points_per_series) {
    Random random(1);
    Data data;
    double at = 50;
    for (std::size_t i = 0; i < kBlocks * kBlockRowsMax; ++i) {
        at = i % points_per_series == 0 ? random.unit() * 100 : at + gaussian(random);
        at = std::fmin(100, std::fmax(0, at));
        data.words.push_back(bits(std::round(at * 100) / 100));
    }
    return data;
}

Data floats(const std::function<double(Random&, std::size_t)>& make) {
    Random random(2);
    Data data;
    for (std::size_t i = 0; i < kBlocks * kBlockRowsMax; ++i) {
        data.words.push_back(bits(make(random, i)));
    }
    return data;
}

Data integers(const std::function<std::uint64_t(Random&, std::size_t)>& make) {
    Random random(3);
    Data data;
    data.type = FieldType::kInteger;
    for (std::size_t i = 0; i < kBlocks * kBlockRowsMax; ++i) data.words.push_back(make(random, i));
    return data;
}

Data strings(const std::function<std::string(Random&, std::size_t)>& make) {
    Random random(4);
    Data data;
    data.type = FieldType::kString;
    for (std::size_t i = 0; i < kBlocks * kBlockRowsMax; ++i) data.texts.push_back(make(random, i));
    data.views.assign(data.texts.begin(), data.texts.end());
    return data;
}

double seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

void run(const char* name, const Data& data, int repetitions) {
    codec::ChunkEncoder encoder;
    ByteWriter out;
    codec::DecodedColumn decoded;
    // The best time of each block: other processes disturb single runs, not all of them.
    std::vector<double> encode(kBlocks, 1e9);
    std::vector<double> statistics(kBlocks, 1e9);
    std::vector<double> decode(kBlocks, 1e9);
    std::size_t bytes = 0;
    std::uint64_t checksum = 0;
    for (int repetition = 0; repetition < repetitions; ++repetition) {
        bytes = 0;
        for (std::size_t block = 0; block < kBlocks; ++block) {
            ColumnSlice slice;
            slice.type = data.type;
            const std::size_t begin = block * kBlockRowsMax;
            if (!data.words.empty()) slice.words = {data.words.data() + begin, kBlockRowsMax};
            if (!data.views.empty()) slice.texts = {data.views.data() + begin, kBlockRowsMax};
            out.clear();
            const double t0 = seconds();
            encoder.encode_column(slice, kBlockRowsMax, out);
            const double t1 = seconds();
            checksum += codec::column_statistics(slice, kBlockRowsMax).sum;
            const double t2 = seconds();
            if (!codec::decode_column(out.span(), data.type, kBlockRowsMax, decoded)) std::abort();
            const double t3 = seconds();
            encode[block] = std::min(encode[block], t1 - t0);
            statistics[block] = std::min(statistics[block], t2 - t1);
            decode[block] = std::min(decode[block], t3 - t2);
            bytes += out.size();
        }
    }
    const double values = static_cast<double>(kBlocks) * kBlockRowsMax;
    const auto per_value = [&](const std::vector<double>& times) {
        return std::accumulate(times.begin(), times.end(), 0.0) / values * 1e9;
    };
    std::printf("%-34s %7.3f B/value  encode %6.2f  statistics %5.2f  decode %5.2f ns/value%s\n",
                name, static_cast<double>(bytes) / values, per_value(encode), per_value(statistics),
                per_value(decode), checksum == 1 ? " " : "");
}

}  // namespace

int main(int argc, char** argv) {
    const int repetitions = argc > 1 ? std::atoi(argv[1]) : 5;
    run("walk, 2 decimals, 500 a series", walks(500), repetitions);
    run("walk, 2 decimals, 10 a series", walks(10), repetitions);
    run("1-row series, 2 decimals", walks(1), repetitions);
    run("uniform, 3 decimals",
        floats([](Random& r, std::size_t) { return std::round(r.unit() * 1e5) / 1e3; }),
        repetitions);
    run("constant float", floats([](Random&, std::size_t) { return 21.5; }), repetitions);
    run("mostly constant float", floats([v = 20.0](Random& r, std::size_t) mutable {
            if (r.chance(0.02)) v = std::round(r.unit() * 1000) / 10;
            return v;
        }),
        repetitions);
    run("15 digits: sin",
        floats([](Random&, std::size_t i) { return std::sin(static_cast<double>(i) * 0.01); }),
        repetitions);
    run("15 digits: uniform 0..1", floats([](Random& r, std::size_t) { return r.unit(); }),
        repetitions);
    run("15 digits: walk",
        floats([at = 50.0](Random& r, std::size_t) mutable { return at += gaussian(r) * 0.01; }),
        repetitions);
    run("float32 widened", floats([](Random& r, std::size_t) {
            return static_cast<double>(static_cast<float>(40 + r.unit() * 10));
        }),
        repetitions);
    run("counter, ~1000 a step",
        integers([at = std::uint64_t{0}](Random& r, std::size_t i) mutable {
            if (i % 500 == 0) at = r.below(1'000'000'000);
            return at += 950 + r.below(100);
        }),
        repetitions);
    run("counter, bursty bytes", integers([at = std::uint64_t{0}](Random& r, std::size_t) mutable {
            return at += r.chance(0.3) ? r.below(100'000) : 0;
        }),
        repetitions);
    run("integers 0..9", integers([](Random& r, std::size_t) { return r.below(10); }), repetitions);
    run("random 64 bits", integers([](Random& r, std::size_t) { return r.next(); }), repetitions);
    run("strings, 5 states", strings([](Random& r, std::size_t) {
            static const char* const kStates[] = {"ok", "warning", "critical", "unknown", "down"};
            return std::string(kStates[r.below(5)]);
        }),
        1);
    run("strings, log lines", strings([](Random& r, std::size_t i) {
            return "GET /api/v1/users/" + std::to_string(r.below(100'000)) +
                   " status=" + std::to_string(r.chance(0.1) ? 404 : 200) +
                   " bytes=" + std::to_string(r.below(20'000)) + " request=" + std::to_string(i);
        }),
        1);
    return 0;
}
