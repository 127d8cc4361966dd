#include "storage/cache/cached_access.h"

namespace sluice::storage {

io::Task<Result<std::shared_ptr<AlignedBuffer>>> read_aligned(io::File& file, std::uint64_t begin,
                                                              std::uint64_t bytes) {
    auto buffer = std::make_shared<AlignedBuffer>(bytes);
    SLUICE_CO_TRY(const std::size_t got, co_await file.read_at(buffer->span(), begin));
    if (got != bytes) {
        co_return Error{ErrorKind::kCorrupt,
                        file.path() + ": ends at byte " + std::to_string(begin + got)};
    }
    co_return buffer;
}

BlockCache::Key CachedAccess::key_of(std::uint64_t offset, std::size_t size) const {
    const std::uint64_t begin = align_down(offset);
    return {segment_, begin, align_up(offset + size) - begin};
}

io::Task<Result<FileBytes>> CachedAccess::read(std::uint64_t offset, std::size_t size) {
    const BlockCache::Key key = key_of(offset, size);
    auto buffer = std::static_pointer_cast<const AlignedBuffer>(cache_.find(key));
    if (buffer == nullptr) {
        if (const auto ahead = find_ahead(key)) {
            while (!ahead->has_ended) co_await fetched_.wait();
            buffer = ahead->buffer;
        }
    }
    if (buffer != nullptr) {
        metrics_.block_cache_hits.add();
    } else {
        metrics_.block_cache_misses.add();
        SLUICE_CO_TRY(buffer, co_await read_aligned(file_, key.offset, key.size));
        cache_.insert(key, buffer, buffer->size());
    }
    FileBytes read;
    read.bytes = buffer->span().subspan(offset - key.offset, size);
    read.owner = std::move(buffer);
    co_return read;
}

void CachedAccess::read_ahead(std::uint64_t offset, std::size_t size) {
    const BlockCache::Key key = key_of(offset, size);
    if (cache_.contains(key) || find_ahead(key) != nullptr) return;
    metrics_.block_cache_misses.add();
    ahead_.push_back(std::make_shared<Ahead>(key));
    reading_.spawn(fetch(ahead_.back()));
}

std::shared_ptr<CachedAccess::Ahead> CachedAccess::find_ahead(const BlockCache::Key& key) const {
    for (const auto& each : ahead_) {
        if (each->key == key) return each;
    }
    return nullptr;
}

// A failure is not kept: a caller that needs the bytes reads them once more, and gets the error.
io::Task<void> CachedAccess::fetch(std::shared_ptr<Ahead> ahead) {
    auto read = co_await read_aligned(file_, ahead->key.offset, ahead->key.size);
    if (read.ok()) {
        ahead->buffer = *read;
        cache_.insert(ahead->key, std::move(*read), ahead->key.size);
    }
    ahead->has_ended = true;
    std::erase(ahead_, ahead);
    fetched_.notify_all();
}

}  // namespace sluice::storage
