// A UdpBatch is datagrams that are written together, each with the time at which it came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sluice/base/bytes.h"
#include "sluice/base/pod_vector.h"

namespace sluice::server {

// Datagrams stay apart: one that ends within a string must not swallow the one behind it.
class UdpBatch {
public:
    void add(ByteSpan datagram, std::int64_t wall_ns);

    bool empty() const { return datagrams_.empty(); }
    std::size_t size() const { return datagrams_.size(); }
    std::size_t bytes() const { return text_.size(); }
    // Counted by line breaks; blank lines and comments are among them.
    std::uint64_t lines() const { return lines_; }
    std::uint64_t lines(std::size_t index) const { return datagrams_[index].lines; }

    std::string_view text(std::size_t index) const;
    std::int64_t wall_ns(std::size_t index) const { return datagrams_[index].wall_ns; }

private:
    struct Datagram {
        std::size_t end;
        std::int64_t wall_ns;
        std::uint64_t lines;
    };

    PodVector<char> text_;
    std::vector<Datagram> datagrams_;
    std::uint64_t lines_ = 0;
};

}  // namespace sluice::server
