#include "codec/timestamp_codec.h"

#include "sluice/base/check.h"

namespace sluice::codec {
namespace {

constexpr std::uint8_t kRegular = 0;
constexpr std::uint8_t kSteps = 1;

std::uint64_t word(model::Timestamp time) {
    return static_cast<std::uint64_t>(time);
}

bool all_equal_to(std::span<const std::uint64_t> steps, std::uint64_t step) {
    std::uint64_t differs = 0;
    for (const std::uint64_t value : steps) differs |= value ^ step;
    return differs == 0;
}

// First time of each run into `firsts`, the steps within runs into `steps`; their count.
std::size_t split_runs(std::span<const model::Timestamp> times,
                       std::span<const std::uint32_t> run_rows, std::uint64_t* firsts,
                       std::uint64_t* steps) {
    std::size_t row = 0;
    std::size_t count = 0;
    for (const std::uint32_t rows : run_rows) {
        *firsts++ = word(times[row]);
        const model::Timestamp* run = times.data() + row;
        for (std::uint32_t i = 1; i < rows; ++i)
            steps[count + i - 1] = word(run[i]) - word(run[i - 1]);
        count += rows - 1;
        row += rows;
    }
    return count;
}

}  // namespace

void encode_run_times(TimeScratch& scratch, std::span<const model::Timestamp> times,
                      std::span<const std::uint32_t> run_rows, ByteWriter& out) {
    const std::size_t count = split_runs(times, run_rows, scratch.firsts, scratch.steps);
    SLUICE_CHECK(count + run_rows.size() == times.size());
    const std::span<const std::uint64_t> steps(scratch.steps, count);
    const std::uint64_t step = count == 0 ? 0 : steps[0];
    const bool regular = all_equal_to(steps, step);
    out.write(regular ? kRegular : kSteps);
    encode_stream(scratch.stream, {scratch.firsts, run_rows.size()}, out);
    if (regular) {
        out.write_varint(step);
    } else {
        encode_stream(scratch.stream, steps, out);
    }
}

bool decode_run_times(FrameScratch& scratch, ByteReader& in,
                      std::span<const std::uint32_t> run_rows, std::span<model::Timestamp> out) {
    const auto kind = in.read<std::uint8_t>();
    if (kind > kSteps) return false;
    const std::size_t count = out.size() - run_rows.size();
    std::uint64_t firsts[kBlockRowsMax];
    std::uint64_t steps[kBlockRowsMax];
    if (!decode_stream(scratch, in, {firsts, run_rows.size()})) return false;
    std::uint64_t step = 0;
    if (kind == kRegular) {
        step = in.read_varint();
    } else if (count == 0 || !decode_stream(scratch, in, {steps, count})) {
        return false;
    }
    model::Timestamp* time = out.data();
    const std::uint64_t* next = steps;
    for (std::size_t run = 0; run < run_rows.size(); ++run) {
        const std::uint32_t rows = run_rows[run];
        if (kind == kRegular) {
            for (std::uint32_t i = 0; i < rows; ++i) {
                time[i] = static_cast<model::Timestamp>(firsts[run] + i * step);
            }
        } else {
            std::uint64_t at = firsts[run];
            time[0] = static_cast<model::Timestamp>(at);
            for (std::uint32_t i = 1; i < rows; ++i) {
                time[i] = static_cast<model::Timestamp>(at += *next++);
            }
        }
        time += rows;
    }
    return in.ok();
}

}  // namespace sluice::codec
