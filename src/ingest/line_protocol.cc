#include "sluice/ingest/line_protocol.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "ingest/careful_path.h"
#include "ingest/line_run.h"

namespace sluice::ingest {
namespace {

// A last piece of the body up to this size is copied, so that the fast path may load past its end.
constexpr std::size_t kTailBytesMax = 64 * 1024;
// Fields of one line that the fast path takes.
constexpr std::size_t kStagedValuesMax = 1024;

RunLines* run_lines_of(ParserKernel kernel) {
    switch (kernel) {
#if defined(__x86_64__)
        case ParserKernel::kAvx2:
            return run_lines_avx2;
        case ParserKernel::kAvx512:
            return run_lines_avx512;
#else
        case ParserKernel::kAvx2:
        case ParserKernel::kAvx512:
#endif
        case ParserKernel::kScalar:
            break;
    }
    return run_lines_scalar;
}

}  // namespace

class LineProtocolParser::Impl {
public:
    explicit Impl(ParserKernel kernel)
        : run_lines_(
              run_lines_of(is_parser_kernel_available(kernel) ? kernel : ParserKernel::kScalar)),
          values_(kStagedValuesMax) {}

    bool parse_piece(std::string_view body, std::size_t bytes_max, std::size_t& at,
                     const ParseOptions& options, const model::ShardMap& shards,
                     model::SeriesIndex& index, model::PointBatch& batch, ParseResult& result);

private:
    bool parse_lines(LineRun& run, std::string_view body, std::size_t& at);
    bool parse_carefully(LineRun& run, std::string_view body, std::size_t& at);
    std::string_view copy_tail(std::string_view tail);

    RunLines* run_lines_;
    CarefulPath careful_;
    FieldShapes shapes_;
    std::vector<StagedValue> values_;
    PlainKey plain_key_;
    std::uint64_t request_number_ = 0;
    model::MeasurementId last_measurement_ = 0;
    PodVector<char> tail_;
};

bool LineProtocolParser::Impl::parse_piece(std::string_view body, std::size_t bytes_max,
                                           std::size_t& at, const ParseOptions& options,
                                           const model::ShardMap& shards, model::SeriesIndex& index,
                                           model::PointBatch& batch, ParseResult& result) {
    RejectionList rejections(result, options.stop_at_first_error);
    Request request{
        options,
        shards,
        index,
        batch,
        result,
        rejections,
        model::truncate_as_go(options.now, static_cast<std::int64_t>(options.precision)),
        std::max<std::uint64_t>(options.cells_max, body.size())};
    LineRun run(request, shapes_, values_, plain_key_, ++request_number_);
    run.shape = shapes_.find(last_measurement_);

    const std::size_t begin = at;
    const bool is_last = bytes_max >= body.size() - at;
    bool going_on = true;
    // Lines that end well before the body does are read where they are.
    if (body.size() - at > LineRun::kMargin) {
        const std::size_t readable = body.size() - LineRun::kMargin;
        const std::size_t end = is_last ? readable : std::min(at + bytes_max, readable);
        const std::size_t newline = end == 0 ? body.npos : body.rfind('\n', end - 1);
        if (newline != body.npos && newline >= at) {
            run.cursor = body.data() + at;
            run.limit = body.data() + newline + 1;
            going_on = parse_lines(run, body, at);
        }
    }
    if (going_on && is_last && at < body.size() && body.size() - at <= kTailBytesMax) {
        const std::string_view tail = copy_tail(body.substr(at));
        run.cursor = tail.data();
        run.limit = tail.data() + tail.size();
        run.to_body = body.data() + at - tail.data();
        going_on = parse_lines(run, body, at);
    }
    // What is left is long lines: of a piece one, of the last piece all.
    while (going_on && at < body.size() && (is_last || at == begin)) {
        going_on = parse_carefully(run, body, at);
    }

    if (run.shape != nullptr) last_measurement_ = run.shape->measurement();
    result.is_too_sparse = result.is_too_sparse || batch.cell_count() > request.cells_max;
    return !result.is_too_sparse && going_on && at < body.size();
}

// From run.cursor, which is `at` in the body, to run.limit; false to leave the rest unread.
bool LineProtocolParser::Impl::parse_lines(LineRun& run, std::string_view body, std::size_t& at) {
    const auto position = [&] {
        return static_cast<std::size_t>(run.cursor + run.to_body - body.data());
    };
    while (run_lines_(run) == LineRun::Stop::kCareful) {
        at = position();
        const std::size_t before = at;
        if (!parse_carefully(run, body, at)) return false;
        run.cursor += at - before;
    }
    at = std::min(position(), body.size());
    return true;
}

bool LineProtocolParser::Impl::parse_carefully(LineRun& run, std::string_view body,
                                               std::size_t& at) {
    const std::size_t end = find_line_end(body, at);
    const std::uint32_t number = ++run.request.result.lines;
    const std::uint32_t measurements = run.request.index.measurement_count();
    const CarefulLine line = careful_.parse(run.request, body.substr(at, end - at), number);
    const std::size_t begin = std::exchange(at, end + 1);
    if (run.request.result.is_too_sparse) return false;
    if (line.is_malformed) {
        if (!run.request.options.stop_at_first_error) return true;
        // Nobody reads on, so this may count as an editor does: strings hold newlines too.
        const auto newlines =
            std::count(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(begin), '\n');
        run.request.result.rejections.front().line = static_cast<std::uint32_t>(newlines) + 1;
        return false;
    }
    if (line.spelling != model::SeriesIndex::kNone) {
        model::SeriesIndex& index = run.request.index;
        if (run.spelling != model::SeriesIndex::kNone) {
            index.set_successor(run.spelling, line.spelling);
        }
        const model::MeasurementId measurement =
            index.measurement(index.spelling(line.spelling).series);
        shapes_.learn(measurement, careful_.point(), measurement < measurements);
        run.shape = shapes_.find(measurement);
        run.spelling = line.spelling;
    }
    return true;
}

std::string_view LineProtocolParser::Impl::copy_tail(std::string_view tail) {
    tail_.clear();
    tail_.append({tail.data(), tail.size()});
    tail_.append_copies(LineRun::kMargin, '\n');
    return {tail_.data(), tail.size()};
}

bool is_parser_kernel_available(ParserKernel kernel) {
#if defined(__x86_64__)
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                      __builtin_cpu_supports("bmi2");
    if (kernel == ParserKernel::kAvx2) return avx2;
    if (kernel == ParserKernel::kAvx512) {
        return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl");
    }
#endif
    return kernel == ParserKernel::kScalar;
}

ParserKernel best_parser_kernel() {
    for (const ParserKernel kernel : {ParserKernel::kAvx512, ParserKernel::kAvx2}) {
        if (is_parser_kernel_available(kernel)) return kernel;
    }
    return ParserKernel::kScalar;
}

LineProtocolParser::LineProtocolParser(ParserKernel kernel)
    : impl_(std::make_unique<Impl>(kernel)) {}
LineProtocolParser::~LineProtocolParser() = default;
LineProtocolParser::LineProtocolParser(LineProtocolParser&&) noexcept = default;
LineProtocolParser& LineProtocolParser::operator=(LineProtocolParser&&) noexcept = default;

ParseResult LineProtocolParser::parse(std::string_view body, const ParseOptions& options,
                                      const model::ShardMap& shards, model::SeriesIndex& index,
                                      model::PointBatch& batch) {
    ParseResult result;
    std::size_t at = 0;
    impl_->parse_piece(body, body.size(), at, options, shards, index, batch, result);
    if (!result.is_too_sparse) batch.finish();
    return result;
}

bool LineProtocolParser::parse_piece(std::string_view body, std::size_t bytes_max, std::size_t& at,
                                     const ParseOptions& options, const model::ShardMap& shards,
                                     model::SeriesIndex& index, model::PointBatch& batch,
                                     ParseResult& result) {
    return impl_->parse_piece(body, bytes_max, at, options, shards, index, batch, result);
}

}  // namespace sluice::ingest
