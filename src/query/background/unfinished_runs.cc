// The file of notes: magic, CRC-32C of the rest, length of the payload, number of notes, and for
// each the database, the name, the checksum of the text and the count. It is written whole.
#include "sluice/query/unfinished_runs.h"

#include <cstring>
#include <vector>

#include "sluice/base/byte_writer.h"
#include "sluice/base/crc32c.h"
#include "sluice/base/log.h"
#include "sluice/io/file.h"

namespace sluice::query {
namespace {

constexpr std::uint32_t kMagic = 0x52434c53;  // "SLCR"
constexpr std::size_t kHeaderBytes = 12;

}  // namespace

// A file that is damaged or was never written has no notes. Nothing depends on them but that a
// query which ends the process is put aside after a few starts.
io::Task<void> UnfinishedRuns::load() {
    const Result<std::vector<std::byte>> bytes = co_await io::read_whole_file(reactor_, path_);
    if (bytes.ok()) parse(*bytes);
}

void UnfinishedRuns::parse(ByteSpan bytes) {
    ByteReader header(bytes);
    const auto magic = header.read<std::uint32_t>();
    const auto checksum = header.read<std::uint32_t>();
    const auto length = header.read<std::uint32_t>();
    const ByteSpan payload = header.read_span(length);
    if (!header.ok() || magic != kMagic || crc32c(payload) != checksum) return;
    ByteReader reader(payload);
    std::map<Key, Note> notes;
    for (std::uint64_t left = reader.read_varint(); left > 0 && reader.ok(); --left) {
        std::string database(reader.read_text());
        std::string name(reader.read_text());
        Note note;
        note.checksum = reader.read<std::uint32_t>();
        note.count = reader.read<std::uint32_t>();
        notes[{std::move(database), std::move(name)}] = note;
    }
    if (reader.ok()) notes_ = std::move(notes);
}

std::uint32_t UnfinishedRuns::count(const Key& key, std::uint32_t checksum) const {
    const auto found = notes_.find(key);
    return found != notes_.end() && found->second.checksum == checksum ? found->second.count : 0;
}

// It completes when the note is on its way to the device; it must be there before the query begins,
// but only a process that ends needs it, not a machine.
io::Task<void> UnfinishedRuns::note_begin(const Key& key, std::uint32_t checksum) {
    const std::uint32_t before = count(key, checksum);
    notes_[key] = {checksum, before + 1};
    co_await save();
}

io::Task<void> UnfinishedRuns::note_end(const Key& key) {
    if (notes_.erase(key) != 0) co_await save();
}

// Opens and closes the file each time: it is rarely written, and a file that is open must be closed
// before its reactor ends.
io::Task<Result<void>> UnfinishedRuns::replace(const AlignedBuffer& block) {
    Result<io::File> file = co_await io::File::open(reactor_, path_, io::OpenMode::kReadWrite);
    if (!file.ok()) file = co_await io::File::open(reactor_, path_, io::OpenMode::kCreate);
    if (!file.ok()) co_return std::move(file).error();
    Result<void> written = co_await file->write_at(block.span(), 0);
    co_await file->close();
    co_return written;
}

io::Task<void> UnfinishedRuns::save() {
    ByteWriter payload;
    payload.write_varint(notes_.size());
    for (const auto& [key, note] : notes_) {
        payload.write_text(key.first);
        payload.write_text(key.second);
        payload.write(note.checksum);
        payload.write(note.count);
    }
    // Written over in place, beginning with the checksum: a file that was cut short is no file of
    // notes.
    AlignedBuffer block(kHeaderBytes + payload.size());
    std::memset(block.data(), 0, block.size());
    store_le(block.data(), kMagic);
    store_le(block.data() + 4, crc32c(payload.span()));
    store_le(block.data() + 8, static_cast<std::uint32_t>(payload.size()));
    std::memcpy(block.data() + kHeaderBytes, payload.span().data(), payload.size());

    Result<void> written = co_await replace(block);
    if (!written.ok() && !has_failed_) {
        has_failed_ = true;
        log_warn("continuous queries that end the process cannot be noted",
                 {{"file", path_}, {"error", written.error().message}});
    }
}

}  // namespace sluice::query
