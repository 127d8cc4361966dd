// Memory that is handed out in pieces and given back all at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice {

// Pointers stay valid until clear() or destruction. Not thread safe.
class Arena {
public:
    // Chunks double in size up to `chunk_bytes`, so that an arena with little in it is small;
    // larger requests get a chunk of their own.
    explicit Arena(std::size_t chunk_bytes = 64 * 1024) : chunk_bytes_(chunk_bytes) {}
    Arena(Arena&&) = default;
    Arena& operator=(Arena&&) = default;

    char* allocate(std::size_t size) {
        if (size > left_) [[unlikely]]
            add_chunk(size);
        char* piece = next_;
        next_ += size;
        left_ -= size;
        return piece;
    }

    std::string_view copy(std::string_view text) {
        if (text.empty()) return {};
        char* piece = allocate(text.size());
        std::memcpy(piece, text.data(), text.size());
        return {piece, text.size()};
    }

    // Frees all chunks but the last ordinary one, which is used again.
    void clear() {
        const auto kept = std::find_if(chunks_.rbegin(), chunks_.rend(), [this](const Chunk& each) {
            return each.size <= chunk_bytes_;
        });
        if (kept != chunks_.rend()) std::swap(*kept, chunks_.front());
        chunks_.resize(kept != chunks_.rend() ? 1 : 0);
        next_ = chunks_.empty() ? nullptr : chunks_.front().bytes.get();
        left_ = total_bytes_ = chunks_.empty() ? 0 : chunks_.front().size;
    }

    // Allocated from the system, used or not.
    std::size_t memory_bytes() const { return total_bytes_; }

private:
    static constexpr std::size_t kFirstChunkBytes = 256;

    struct Chunk {
        std::unique_ptr<char[]> bytes;
        std::size_t size;
    };

    void add_chunk(std::size_t size) {
        const std::size_t ordinary = std::clamp(total_bytes_, kFirstChunkBytes, chunk_bytes_);
        const std::size_t chunk = std::max(size, ordinary);
        chunks_.push_back({std::unique_ptr<char[]>(new char[chunk]), chunk});
        next_ = chunks_.back().bytes.get();
        left_ = chunk;
        total_bytes_ += chunk;
    }

    std::vector<Chunk> chunks_;
    char* next_ = nullptr;
    std::size_t left_ = 0;
    std::size_t chunk_bytes_;
    std::size_t total_bytes_ = 0;
};

}  // namespace sluice
