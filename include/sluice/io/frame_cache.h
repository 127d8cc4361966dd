// Coroutine frames are taken from and returned to a small per-thread cache, so that a task costs a
// few instructions whatever the allocator below.
#pragma once

#include <cstddef>
#include <new>

namespace sluice::io::detail {

inline constexpr std::size_t kFrameGranuleBytes = 64;
inline constexpr std::size_t kFrameClassCount = 32;  // frames up to 2 KiB
inline constexpr unsigned kFramesKeptPerClass = 256;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// The sanitizers find use after free only when memory is really given back.
inline void* allocate_frame(std::size_t size) {
    return ::operator new(size);
}
inline void free_frame(void* frame, std::size_t size) {
    ::operator delete(frame, size);
}
#else

struct FreeFrame {
    FreeFrame* next;
};
struct FrameCache {
    FreeFrame* free[kFrameClassCount];
    unsigned count[kFrameClassCount];
};
// Trivially destructible on purpose: frames may be freed by destructors that run after those of
// thread-local objects. drain_frame_cache() gives the memory back when a core's thread ends.
inline constinit thread_local FrameCache frame_cache{};

inline void* allocate_frame(std::size_t size) {
    const std::size_t frame_class = (size - 1) / kFrameGranuleBytes;
    if (frame_class >= kFrameClassCount) [[unlikely]]
        return ::operator new(size);
    FrameCache& cache = frame_cache;
    if (FreeFrame* frame = cache.free[frame_class]) {
        cache.free[frame_class] = frame->next;
        --cache.count[frame_class];
        return frame;
    }
    return ::operator new((frame_class + 1) * kFrameGranuleBytes);
}

inline void free_frame(void* memory, std::size_t size) {
    const std::size_t frame_class = (size - 1) / kFrameGranuleBytes;
    FrameCache& cache = frame_cache;
    if (frame_class >= kFrameClassCount || cache.count[frame_class] == kFramesKeptPerClass) {
        ::operator delete(memory);
        return;
    }
    cache.free[frame_class] = new (memory) FreeFrame{cache.free[frame_class]};
    ++cache.count[frame_class];
}
#endif

// Frees what this thread's cache holds.
void drain_frame_cache();

}  // namespace sluice::io::detail
