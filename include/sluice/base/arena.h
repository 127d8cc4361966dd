// Memory that is handed out in pieces and given back all at once.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace sluice {

// Pointers stay valid until clear() or destruction. Not thread safe.
class Arena {
public:
    // `chunk_bytes` is the size of one ordinary allocation; larger requests get a chunk of their
    // own.
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

    // Frees all chunks but one, which is used again.
    void clear() {
        if (chunks_.size() > 1) chunks_.resize(1);
        if (chunks_.empty()) return;
        next_ = chunks_[0].bytes.get();
        left_ = chunks_[0].size;
        total_bytes_ = left_;
    }

    // Allocated from the system, used or not.
    std::size_t memory_bytes() const { return total_bytes_; }

private:
    struct Chunk {
        std::unique_ptr<char[]> bytes;
        std::size_t size;
    };

    void add_chunk(std::size_t size) {
        const std::size_t chunk = size > chunk_bytes_ ? size : chunk_bytes_;
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
