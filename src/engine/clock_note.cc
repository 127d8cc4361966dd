// The file of the clock note, read and written over.
#include "engine/clock_note.h"

#include <cstring>
#include <utility>
#include <vector>

#include "sluice/base/aligned_buffer.h"
#include "sluice/base/bytes.h"
#include "sluice/base/crc32c.h"
#include "sluice/base/log.h"
#include "sluice/io/file.h"

namespace sluice::engine {
namespace {

constexpr std::uint32_t kMagic = 0x4b434c53;  // "SLCK"
constexpr std::size_t kBlockBytes = 4096;

}  // namespace

io::Task<std::optional<std::int64_t>> ClockNote::read(io::Reactor& reactor) {
    const Result<std::vector<std::byte>> bytes = co_await io::read_whole_file(reactor, path_);
    if (!bytes.ok()) co_return std::nullopt;
    ByteReader reader{ByteSpan(*bytes)};
    const auto magic = reader.read<std::uint32_t>();
    const auto checksum = reader.read<std::uint32_t>();
    const ByteSpan payload = reader.read_span(sizeof(std::int64_t));
    if (!reader.ok() || magic != kMagic || crc32c(payload) != checksum) co_return std::nullopt;
    ByteReader value(payload);
    co_return value.read<std::int64_t>();
}

io::Task<void> ClockNote::write(io::Reactor& reactor, std::int64_t wall_ns) {
    const Result<void> written = co_await replace(reactor, wall_ns);
    if (written.ok() || has_failed_) co_return;
    has_failed_ = true;
    log_warn("the time cannot be noted for the next start",
             {{"file", path_}, {"error", written.error().message}});
}

// One block, written over in place. One that was torn by a power cut has a wrong checksum and
// counts as none. A new file is durable only when its directory is.
io::Task<Result<void>> ClockNote::replace(io::Reactor& reactor, std::int64_t wall_ns) {
    AlignedBuffer block(kBlockBytes);
    std::memset(block.data(), 0, block.size());
    std::byte* payload = block.data() + 2 * sizeof(std::uint32_t);
    store_le(payload, wall_ns);
    store_le(block.data(), kMagic);
    store_le(block.data() + sizeof(std::uint32_t), crc32c(ByteSpan(payload, sizeof(wall_ns))));
    Result<io::File> file = co_await io::File::open(reactor, path_, io::OpenMode::kReadWrite);
    const bool is_new = !file.ok();
    if (is_new) file = co_await io::File::open(reactor, path_, io::OpenMode::kCreate);
    if (!file.ok()) co_return std::move(file).error();
    Result<void> written = co_await file->write_durable_at(block.span(), 0);
    co_await file->close();
    if (written.ok() && is_new) {
        written = co_await io::sync_directory(reactor, path_.substr(0, path_.rfind('/')));
    }
    co_return written;
}

}  // namespace sluice::engine
