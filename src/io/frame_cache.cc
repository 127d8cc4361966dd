#include "sluice/io/frame_cache.h"

namespace sluice::io::detail {

// A thread that ends gives back what its coroutines left. A sanitizer is not given a cache at all:
// it has to see each frame come and go, to tell a use after its end.
void drain_frame_cache() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    for (std::size_t frame_class = 0; frame_class < kFrameClassCount; ++frame_class) {
        FreeFrame* frame = frame_cache.free[frame_class];
        while (frame != nullptr) {
            FreeFrame* next = frame->next;
            ::operator delete(frame);
            frame = next;
        }
        frame_cache.free[frame_class] = nullptr;
        frame_cache.count[frame_class] = 0;
    }
#endif
}

}  // namespace sluice::io::detail
