// The content of one simulated file, and how much of it is certain.
#include <algorithm>
#include <cstring>

#include "sim_disk.h"
#include "sluice/base/check.h"

namespace sluice::io {

namespace {

// How a crash treats a run of unsynced sectors.
enum class Fate : unsigned char { kLost, kKept, kPrefix, kSuffix, kScattered };

class SectorFate {
public:
    SectorFate(std::uint64_t sector_count, Random& random)
        : random_(random),
          fate_(static_cast<Fate>(random.below(5))),
          cut_(random.below(sector_count + 1)) {}
    bool kept(std::uint64_t sector) {
        switch (fate_) {
            case Fate::kLost:
                return false;
            case Fate::kKept:
                return true;
            case Fate::kPrefix:
                return sector < cut_;
            case Fate::kSuffix:
                return sector >= cut_;
            case Fate::kScattered:
                break;
        }
        return random_.below(2) == 0;
    }

private:
    Random& random_;
    Fate fate_;
    std::uint64_t cut_;
};

}  // namespace

SimInode::SimInode(bool is_directory_, std::shared_ptr<std::uint64_t> used_bytes)
    : is_directory(is_directory_), used_bytes_(std::move(used_bytes)) {}

SimInode::~SimInode() {
    *used_bytes_ -= size_;
}

void SimInode::change_size(std::uint64_t size) {
    *used_bytes_ += size - size_;
    size_ = size;
    chunks_.resize((size + kChunkBytes - 1) / kChunkBytes);
}

std::uint64_t SimInode::read(std::uint64_t offset, MutableByteSpan into) const {
    if (offset >= size_) return 0;
    const std::uint64_t length = std::min<std::uint64_t>(into.size(), size_ - offset);
    for (std::uint64_t done = 0; done < length;) {
        const std::uint64_t at = (offset + done) % kChunkBytes;
        const std::uint64_t piece = std::min(length - done, kChunkBytes - at);
        const auto& chunk = chunks_[(offset + done) / kChunkBytes];
        if (chunk == nullptr) {
            std::memset(into.data() + done, 0, piece);
        } else {
            std::memcpy(into.data() + done, chunk.get() + at, piece);
        }
        done += piece;
    }
    return length;
}

void SimInode::store(std::uint64_t offset, ByteSpan data) {
    for (std::uint64_t done = 0; done < data.size();) {
        const std::uint64_t at = (offset + done) % kChunkBytes;
        const std::uint64_t piece = std::min(data.size() - done, kChunkBytes - at);
        auto& chunk = chunks_[(offset + done) / kChunkBytes];
        if (chunk == nullptr) chunk = std::make_unique<std::byte[]>(kChunkBytes);
        std::memcpy(chunk.get() + at, data.data() + done, piece);
        done += piece;
    }
}

void SimInode::clear(std::uint64_t begin, std::uint64_t end) {
    while (begin < end) {
        const std::uint64_t at = begin % kChunkBytes;
        const std::uint64_t piece = std::min(end - begin, kChunkBytes - at);
        auto& chunk = chunks_[begin / kChunkBytes];
        if (piece == kChunkBytes) {
            chunk.reset();
        } else if (chunk != nullptr) {
            std::memset(chunk.get() + at, 0, piece);
        }
        begin += piece;
    }
}

SimInode::Generation& SimInode::open_generation() {
    if (!generation_open_) {
        generations_.emplace_back();
        generations_.back().token = next_token_++;
        generations_.back().size_before = size_;
        generation_open_ = true;
    }
    return generations_.back();
}

// Keeps the present bytes of what the open generation has not kept yet.
void SimInode::remember(std::uint64_t begin, std::uint64_t end, bool cut_off) {
    Generation& generation = open_generation();
    begin = begin / kSectorBytes * kSectorBytes;
    end = (end + kSectorBytes - 1) / kSectorBytes * kSectorBytes;
    const std::size_t before = generation.extents.size();
    for (std::size_t i = 0; i < before && begin < end; ++i) {  // extents are in order of begin
        const std::uint64_t covered_begin = generation.extents[i].begin;
        const std::uint64_t covered_end = generation.extents[i].end;
        if (covered_end <= begin) continue;
        if (covered_begin >= end) break;
        if (covered_begin > begin) remember_piece(generation, begin, covered_begin, cut_off);
        begin = covered_end;
    }
    if (begin < end) remember_piece(generation, begin, end, cut_off);
    if (generation.extents.size() - before > 0) {
        std::sort(generation.extents.begin(), generation.extents.end(),
                  [](const Extent& a, const Extent& b) { return a.begin < b.begin; });
    }
}

void SimInode::remember_piece(Generation& generation, std::uint64_t begin, std::uint64_t end,
                              bool cut_off) {
    Extent extent{begin, end, cut_off, {}};
    if (begin < size_) {
        extent.old.resize(end - begin);
        read(begin, extent.old);
    }
    generation.extents.push_back(std::move(extent));
}

// [begin, end) is durable now: no crash takes it back. After a sync that holds for what a failed
// sync had left in doubt, not for what has been written since.
void SimInode::forget(std::uint64_t begin, std::uint64_t end, bool failed_only) {
    for (Generation& generation : generations_) {
        if (failed_only && !generation.failed) continue;
        std::vector<Extent> left;
        for (Extent& extent : generation.extents) {
            if (extent.end <= begin || extent.begin >= end) {
                left.push_back(std::move(extent));
                continue;
            }
            const auto piece = [&](std::uint64_t from, std::uint64_t to) {
                if (from >= to) return;
                Extent part{from, to, extent.cut_off, {}};
                if (!extent.old.empty()) {
                    part.old.assign(
                        extent.old.begin() + static_cast<std::ptrdiff_t>(from - extent.begin),
                        extent.old.begin() + static_cast<std::ptrdiff_t>(to - extent.begin));
                }
                left.push_back(std::move(part));
            };
            piece(extent.begin, begin);
            piece(end, extent.end);
        }
        generation.extents = std::move(left);
    }
}

void SimInode::write(std::uint64_t offset, ByteSpan data, bool durable) {
    if (data.empty()) return;
    const std::uint64_t end = offset + data.size();
    if (!durable) {
        // Rewriting bytes that are part of a generation still open needs no second copy of them.
        remember(offset, end, false);
        if (end > size_) open_generation().size_changed = true;
    }
    if (end > size_) change_size(end);
    store(offset, data);
    if (!durable) return;
    forget(offset, (end + kSectorBytes - 1) / kSectorBytes * kSectorBytes, false);
    // The data must be reachable: the size is durable with it.
    for (Generation& generation : generations_) {
        if (generation.size_before >= end) continue;
        generation.size_before = size_;
        generation.size_changed = false;
        std::erase_if(generation.extents, [](const Extent& e) { return e.cut_off; });
    }
}

void SimInode::set_size(std::uint64_t size) {
    if (size == size_) return;
    open_generation().size_changed = true;
    if (size < size_) {
        remember(size, size_, true);
        clear(size, size_);
    }
    change_size(size);
}

std::uint64_t SimInode::begin_sync() {
    generation_open_ = false;
    return next_token_;
}

void SimInode::end_sync(std::uint64_t token, bool ok) {
    if (!ok) {
        for (Generation& generation : generations_) {
            if (generation.token < token) generation.failed = true;
        }
        return;
    }
    std::vector<Generation> covered;
    std::vector<Generation> left;
    for (Generation& generation : generations_) {
        const bool is_covered = generation.token < token && !generation.failed;
        (is_covered ? covered : left).push_back(std::move(generation));
    }
    generations_ = std::move(left);
    for (const Generation& generation : covered) {
        for (const Extent& extent : generation.extents) forget(extent.begin, extent.end, true);
    }
    if (generations_.empty()) generation_open_ = false;
}

void SimInode::restore(const Extent& extent, std::uint64_t begin, std::uint64_t end) {
    end = std::min(end, chunks_.size() * kChunkBytes);
    if (begin >= end) return;
    if (extent.old.empty()) return clear(begin, end);
    store(begin, ByteSpan(extent.old).subspan(begin - extent.begin, end - begin));
}

void SimInode::undo_extent(const Extent& extent, Random& random) {
    const std::uint64_t sectors = (extent.end - extent.begin) / kSectorBytes;
    SectorFate fate(sectors, random);
    for (std::uint64_t sector = 0; sector < sectors; ++sector) {
        if (fate.kept(sector)) continue;
        const std::uint64_t begin = extent.begin + sector * kSectorBytes;
        restore(extent, begin, begin + kSectorBytes);
    }
}

// Newest generation first, so that a sector goes back in time step by step.
void SimInode::crash(Random& random) {
    for (auto generation = generations_.rbegin(); generation != generations_.rend(); ++generation) {
        bool size_lost = false;
        if (generation->size_changed && size_ != generation->size_before) {
            const std::uint64_t before = generation->size_before;
            const std::uint64_t fate = random.below(3);
            if (fate == 0) {
                size_lost = true;
                if (before < size_) clear(before, size_);
                change_size(before);
            } else if (fate == 1 && before < size_) {
                const std::uint64_t between =
                    before + random.below((size_ - before) / kSectorBytes + 1) * kSectorBytes;
                clear(between, size_);
                change_size(between);
            }
        }
        for (const Extent& extent : generation->extents) {
            if (!extent.cut_off) {
                undo_extent(extent, random);
            } else if (size_lost) {
                restore(extent, extent.begin, extent.end);
            }
        }
        if (size_ % kChunkBytes != 0) clear(size_, chunks_.size() * kChunkBytes);
    }
    generations_.clear();
    generation_open_ = false;
}

void SimInode::tear(std::uint64_t offset, ByteSpan data, Random& random) {
    const std::uint64_t sectors = data.size() / kSectorBytes;
    SectorFate fate(sectors, random);
    std::uint64_t end = 0;
    for (std::uint64_t sector = 0; sector < sectors; ++sector) {
        if (fate.kept(sector)) end = offset + (sector + 1) * kSectorBytes;
    }
    // Growth and data are separate: the file may have grown over sectors that never arrived.
    if (end > size_ && random.below(2) == 0) change_size(offset + data.size());
    SectorFate again(sectors, random);
    for (std::uint64_t sector = 0; sector < sectors; ++sector) {
        const std::uint64_t at = sector * kSectorBytes;
        if (offset + at + kSectorBytes > size_ || !again.kept(sector)) continue;
        store(offset + at, data.subspan(at, kSectorBytes));
    }
}

void SimInode::flip_bit(std::uint64_t bit) {
    std::byte value{};
    read(bit / 8, {&value, 1});
    value ^= static_cast<std::byte>(1u << (bit % 8));
    store(bit / 8, {&value, 1});
}

}  // namespace sluice::io
