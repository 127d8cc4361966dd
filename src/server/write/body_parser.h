// A BodyParser turns a request body into points, a slice at a time, so that a large body does not
// keep the core from everything else.
#pragma once

#include <cstddef>
#include <string_view>

#include "server/services/core_services.h"
#include "sluice/engine/core.h"
#include "sluice/ingest/line_protocol.h"
#include "sluice/io/activity.h"

namespace sluice::server {

// Parses a body against the head that is active when it begins. After a wait between two slices
// another head may be active. Then what was parsed is of no use, because numbers of series belong
// to their head.
class BodyParser {
public:
    BodyParser(CoreServices& services, std::string_view text, const ingest::ParseOptions& options,
               const engine::WriteTarget& target, model::PointBatch& batch,
               ingest::ParseResult& result)
        : services_(services),
          text_(text),
          options_(options),
          target_(target),
          batch_(batch),
          result_(result),
          head_id_(head_id()) {}

    // Parses a slice, and returns true while some of the body is left.
    bool parse(std::size_t bytes_max) {
        const io::Activity activity("parse a body");
        return services_.parser.parse_piece(text_, bytes_max, at_, options_, target_.shards,
                                            services_.core.series_index(), batch_, result_);
    }
    bool head_is_same() const { return head_id() == head_id_; }

private:
    std::uint64_t head_id() const { return services_.core.stores().front()->active_head().id(); }

    CoreServices& services_;
    const std::string_view text_;
    const ingest::ParseOptions& options_;
    const engine::WriteTarget& target_;
    model::PointBatch& batch_;
    ingest::ParseResult& result_;
    std::size_t at_ = 0;
    const std::uint64_t head_id_;
};

}  // namespace sluice::server
