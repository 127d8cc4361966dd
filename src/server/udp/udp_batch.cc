#include "server/udp/udp_batch.h"

#include <algorithm>

namespace sluice::server {

void UdpBatch::add(ByteSpan datagram, std::int64_t wall_ns) {
    const std::string_view text = as_text(datagram);
    if (text.empty()) return;
    std::uint64_t lines = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
    if (text.back() != '\n') ++lines;
    text_.append(std::span(text.data(), text.size()));
    datagrams_.push_back({text_.size(), wall_ns, lines});
    lines_ += lines;
}

std::string_view UdpBatch::text(std::size_t index) const {
    const std::size_t begin = index == 0 ? 0 : datagrams_[index - 1].end;
    return {text_.data() + begin, datagrams_[index].end - begin};
}

}  // namespace sluice::server
