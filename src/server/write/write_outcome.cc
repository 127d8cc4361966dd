#include "server/write/write_outcome.h"

#include "sluice/model/errors.h"
#include "sluice/query/dropped_points_text.h"

namespace sluice::server {
namespace {

bool is_point_refusal(const model::Rejection& rejection) {
    return rejection.reason != model::RejectReason::kParse &&
           rejection.reason != model::RejectReason::kBeyondRetention;
}

}  // namespace

// InfluxDB names every line; a body of a million bad ones would be answered with as many sentences,
// so the parser keeps some of them and the rest is counted.
std::string joined_parse_errors(const ingest::ParseResult& parsed) {
    std::string text;
    std::uint64_t named = 0;
    for (const model::Rejection& rejection : parsed.rejections) {
        if (rejection.reason != model::RejectReason::kParse) continue;
        if (named++ != 0) text += '\n';
        text += rejection.message;
    }
    if (named < parsed.rejected) {
        text += "\n(" + std::to_string(parsed.rejected - named) + " more lines)";
    }
    return text;
}

std::string partial_write_text(const WriteReport& report) {
    for (const auto* list : {report.refused, &report.parsed.rejections}) {
        for (const model::Rejection& rejection : *list) {
            if (is_point_refusal(rejection)) {
                return model::partial_write(rejection.message, report.dropped());
            }
        }
    }
    if (const model::DroppedPoints* const points = report.parsed.dropped_points.get()) {
        return model::partial_write(query::dropped_points_text(*points), points->count());
    }
    if (report.parsed.beyond_retention != 0) {
        return model::partial_write(model::kBeyondRetention, report.parsed.beyond_retention);
    }
    return model::partial_write(joined_parse_errors(report.parsed), 0);
}

// A body that is shorter than a gzip header ends before Go's reader has seen whether it is one.
std::string platform_gzip_text(std::string_view message, std::size_t body_bytes) {
    constexpr std::size_t kHeaderBytes = 10;
    if (body_bytes < kHeaderBytes || message == "gzip: invalid header") {
        return "gzipped HTTP body contains an invalid header";
    }
    return "unable to read data: " + std::string(message);
}

}  // namespace sluice::server
