#include "sluice/ingest/line_protocol.h"

#include "ingest/careful_path.h"

namespace sluice::ingest {

class LineProtocolParser::Impl {
public:
    ParseResult parse(std::string_view body, const ParseOptions& options,
                      const model::ShardMap& shards, model::SeriesIndex& index,
                      model::PointBatch& batch) {
        ParseResult result;
        RejectionList rejections(result);
        Request request{
            options,
            shards,
            index,
            batch,
            result,
            rejections,
            model::truncate_as_go(options.now, static_cast<std::int64_t>(options.precision))};
        for (std::size_t at = 0; at < body.size();) {
            const std::size_t end = find_line_end(body, at);
            const CarefulLine line =
                careful_.parse(request, body.substr(at, end - at), ++result.lines);
            if (line.is_malformed && options.stop_at_first_error) break;
            at = end + 1;
        }
        batch.finish();
        return result;
    }

private:
    CarefulPath careful_;
};

ParserKernel best_parser_kernel() {
    return ParserKernel::kScalar;
}
bool is_parser_kernel_available(ParserKernel kernel) {
    return kernel == ParserKernel::kScalar;
}

LineProtocolParser::LineProtocolParser(ParserKernel) : impl_(std::make_unique<Impl>()) {}
LineProtocolParser::~LineProtocolParser() = default;
LineProtocolParser::LineProtocolParser(LineProtocolParser&&) noexcept = default;
LineProtocolParser& LineProtocolParser::operator=(LineProtocolParser&&) noexcept = default;

ParseResult LineProtocolParser::parse(std::string_view body, const ParseOptions& options,
                                      const model::ShardMap& shards, model::SeriesIndex& index,
                                      model::PointBatch& batch) {
    return impl_->parse(body, options, shards, index, batch);
}

}  // namespace sluice::ingest
