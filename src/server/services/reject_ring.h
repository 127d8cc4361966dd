// A RejectRing keeps the latest lines and points that were refused, for the operator: nothing is
// dropped silently.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/metrics.h"
#include "sluice/model/rejection.h"

namespace sluice::server {

struct RejectedLine {
    std::int64_t wall_ns = 0;
    std::string database;
    std::string client;  // address
    model::RejectReason reason = model::RejectReason::kParse;
    std::uint32_t line = 0;
    std::string message;  // cut after kMessageBytesMax
};

// The ring of one core, which is read there. It keeps the last kCount entries, in bounded memory.
class RejectRing {
public:
    static constexpr std::size_t kCount = 256;
    static constexpr std::size_t kMessageBytesMax = 512;
    // A batch of nothing but bad lines does not push everything else out.
    static constexpr std::size_t kPerRequestMax = 8;

    void add(std::int64_t wall_ns, std::string_view database, std::string_view client,
             const model::Rejection& rejection) {
        if (lines_.size() < kCount) lines_.emplace_back();
        RejectedLine& slot = lines_[next_];
        slot.wall_ns = wall_ns;
        slot.database.assign(database);
        slot.client.assign(client);
        slot.reason = rejection.reason;
        slot.line = rejection.line;
        slot.message.assign(std::string_view(rejection.message).substr(0, kMessageBytesMax));
        next_ = (next_ + 1) % kCount;
    }

    // Calls `f` for each entry, from the newest to the oldest.
    template <typename F>
    void for_each(F&& f) const {
        for (std::size_t i = 1; i <= lines_.size(); ++i) {
            f(lines_[(next_ + kCount - i) % kCount]);
        }
    }

private:
    std::vector<RejectedLine> lines_;
    std::size_t next_ = 0;
};

}  // namespace sluice::server
