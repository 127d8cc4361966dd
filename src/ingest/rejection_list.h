// What a request's refused lines leave behind: counts for all, sentences for as many as fit.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "sluice/ingest/line_protocol.h"
#include "sluice/model/errors.h"

namespace sluice::ingest {

class RejectionList {
public:
    RejectionList(ParseResult& result, bool stops_at_first_error)
        : result_(result), stops_at_first_error_(stops_at_first_error) {}

    // `line` is not line protocol; `why` is InfluxDB's reason.
    void refuse(std::uint32_t number, std::string_view line, std::string_view why) {
        ++result_.rejected;
        const std::size_t room =
            stops_at_first_error_ ? kRejectionBytesMax : result_.rejection_bytes_left;
        if (room == 0) return;
        std::string message = "unable to parse '";
        message += line.substr(0, room);
        message += "': ";
        message += why;
        if (stops_at_first_error_) {
            // It is the whole answer, whatever was dropped before it.
            message.resize(std::min(message.size(), kRejectionBytesMax));
            result_.rejections.insert(result_.rejections.begin(),
                                      {model::RejectReason::kParse, number, std::move(message)});
            return;
        }
        add(model::RejectReason::kParse, number, std::move(message));
    }
    void drop(model::RejectReason reason, std::uint32_t number, std::string message) {
        ++result_.dropped;
        add(reason, number, std::move(message));
    }
    // `bounds` are those of a policy with write limits, or null; only for them is `key` looked at.
    void drop_beyond_retention(std::uint32_t number, const model::WriteBounds* bounds,
                               std::string_view key, model::Timestamp time) {
        if (bounds != nullptr) result_.note_dropped(*bounds, key, time);
        if (++result_.beyond_retention > 1) return;
        add(model::RejectReason::kBeyondRetention, number, std::string(model::kBeyondRetention));
    }

private:
    void add(model::RejectReason reason, std::uint32_t number, std::string message) {
        const bool is_first = result_.rejections.empty();
        if (message.size() > result_.rejection_bytes_left && !is_first) {
            // Later, shorter ones would give a false picture of what comes first.
            result_.rejection_bytes_left = 0;
            return;
        }
        if (message.size() > kRejectionBytesMax) message.resize(kRejectionBytesMax);
        result_.rejection_bytes_left -= std::min(result_.rejection_bytes_left, message.size());
        result_.rejections.push_back({reason, number, std::move(message)});
    }

    ParseResult& result_;
    const bool stops_at_first_error_;
};

}  // namespace sluice::ingest
