// A CachedAccess reads the file of a segment through the block cache, and can begin reads before
// they are needed.
//
// A read ahead is known by its key until it ends. A read() of the same key that comes meanwhile
// waits for it instead of asking the device again. If it fails, that read() asks the device once
// more and gets the error itself, so no error is reported for bytes that no caller wanted.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sluice/base/aligned_buffer.h"
#include "sluice/base/result.h"
#include "sluice/io/event.h"
#include "sluice/io/file.h"
#include "sluice/io/gate.h"
#include "sluice/io/task.h"
#include "sluice/storage/store_metrics.h"
#include "storage/cache/block_cache.h"
#include "storage/files/random_access.h"

namespace sluice::storage {

// Reads bytes of a file. `begin` and `bytes` are aligned. It fails with kCorrupt if the file ends
// before.
io::Task<Result<std::shared_ptr<AlignedBuffer>>> read_aligned(io::File& file, std::uint64_t begin,
                                                              std::uint64_t bytes);

class CachedAccess final : public RandomAccess {
public:
    CachedAccess(io::File& file, std::uint64_t segment, std::uint64_t size, BlockCache& cache,
                 StoreMetrics& metrics)
        : file_(file), segment_(segment), size_(size), cache_(cache), metrics_(metrics) {}

    std::uint64_t size() const override { return size_; }
    io::Task<Result<FileBytes>> read(std::uint64_t offset, std::size_t size) override;
    void read_ahead(std::uint64_t offset, std::size_t size) override;
    std::shared_ptr<const void> find_made(const MadeKey& key) override {
        return cache_.find({segment_, key.offset, key.name, key.made});
    }
    void keep_made(const MadeKey& key, std::shared_ptr<const void> what,
                   std::size_t size_bytes) override {
        cache_.insert({segment_, key.offset, key.name, key.made}, std::move(what), size_bytes);
    }

    // Completes when no read is on its way any more, after which the file may be closed. It is
    // called once, when no read() runs.
    io::Task<void> close() { return reading_.close(); }

private:
    // A read that was begun ahead of need. It is shared with the reads that have come to need it
    // meanwhile.
    struct Ahead {
        explicit Ahead(const BlockCache::Key& key_) : key(key_) {}
        const BlockCache::Key key;
        bool has_ended = false;
        std::shared_ptr<const AlignedBuffer> buffer;  // null if it failed
    };

    BlockCache::Key key_of(std::uint64_t offset, std::size_t size) const;
    std::shared_ptr<Ahead> find_ahead(const BlockCache::Key& key) const;
    io::Task<void> fetch(std::shared_ptr<Ahead> ahead);

    io::File& file_;
    std::uint64_t segment_;
    std::uint64_t size_;
    BlockCache& cache_;
    StoreMetrics& metrics_;
    std::vector<std::shared_ptr<Ahead>> ahead_;  // on their way
    io::Event fetched_;
    io::Gate reading_;
};

}  // namespace sluice::storage
