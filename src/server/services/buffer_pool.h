// Pools of memory that the requests of one core use again and again: bodies, batches, output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sluice/base/pod_vector.h"
#include "sluice/base/units.h"
#include "sluice/model/point_batch.h"
#include "sluice/model/rejection.h"

namespace sluice::server {

using BodyBuffer = PodVector<std::byte>;

// The memory that parsing and writing one request needs beside its body.
struct WriteScratch {
    model::PointBatch batch;
    std::vector<model::Rejection> rejections;
    std::size_t memory_bytes() const { return batch.memory_bytes(); }
    void clear() {
        batch.clear();
        rejections.clear();
    }
};

inline std::size_t pooled_bytes(const BodyBuffer& body) {
    return body.capacity();
}
inline std::size_t pooled_bytes(const PodVector<char>& output) {
    return output.capacity();
}
inline std::size_t pooled_bytes(const WriteScratch& scratch) {
    return scratch.memory_bytes();
}

// A pool belongs to one core. take() hands out the thing that was given back last, which is warm in
// the cache. Things beyond `bytes_kept` in all, or larger than `bytes_kept_each`, are freed.
template <typename T>
class Pool {
public:
    Pool(std::size_t bytes_kept, std::size_t bytes_kept_each)
        : bytes_kept_(bytes_kept), bytes_kept_each_(bytes_kept_each) {}
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // A thing of the pool, which goes back when the lease is destroyed.
    class Lease {
    public:
        Lease() = default;
        Lease(Pool* pool, std::unique_ptr<T> thing) : pool_(pool), thing_(std::move(thing)) {}
        Lease(Lease&&) noexcept = default;
        Lease& operator=(Lease&& other) noexcept {
            give_back();
            pool_ = other.pool_;
            thing_ = std::move(other.thing_);
            return *this;
        }
        ~Lease() { give_back(); }

        explicit operator bool() const { return thing_ != nullptr; }
        T& operator*() const { return *thing_; }
        T* operator->() const { return thing_.get(); }
        void give_back() {
            if (thing_ != nullptr) pool_->keep(std::move(thing_));
        }

    private:
        Pool* pool_ = nullptr;
        std::unique_ptr<T> thing_;
    };

    // Never waits and never fails: how many may be out at a time is admission's to say.
    Lease take() {
        if (kept_.empty()) return Lease(this, std::make_unique<T>());
        Kept kept = std::move(kept_.back());
        kept_.pop_back();
        kept_bytes_ -= kept.bytes;
        return Lease(this, std::move(kept.thing));
    }

private:
    struct Kept {
        std::unique_ptr<T> thing;
        std::size_t bytes;
    };

    // What one large request needed is not kept for the small ones that follow: it is freed, and
    // the bound on the sum holds for a burst of them.
    void keep(std::unique_ptr<T> thing) {
        thing->clear();
        const std::size_t bytes = pooled_bytes(*thing);
        if (bytes > bytes_kept_each_ || kept_bytes_ + bytes > bytes_kept_) return;
        kept_bytes_ += bytes;
        kept_.push_back({std::move(thing), bytes});
    }

    std::size_t bytes_kept_;
    std::size_t bytes_kept_each_;
    std::size_t kept_bytes_ = 0;
    std::vector<Kept> kept_;
};

using BodyPool = Pool<BodyBuffer>;
using ScratchPool = Pool<WriteScratch>;

}  // namespace sluice::server
