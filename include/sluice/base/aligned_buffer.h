// Memory for O_DIRECT: address and size are multiples of kDirectIoAlignment, by type and not by
// check.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <utility>

#include "sluice/base/bytes.h"
#include "sluice/base/check.h"

namespace sluice {

// Largest logical block size of the devices we support; file offsets and lengths obey it too.
inline constexpr std::size_t kDirectIoAlignment = 4096;

constexpr std::size_t align_up(std::size_t value, std::size_t alignment = kDirectIoAlignment) {
    return (value + alignment - 1) / alignment * alignment;
}
constexpr std::size_t align_down(std::size_t value, std::size_t alignment = kDirectIoAlignment) {
    return value / alignment * alignment;
}

class AlignedBuffer {
public:
    AlignedBuffer() = default;
    // `size` is rounded up; the content is not initialised.
    explicit AlignedBuffer(std::size_t size) : size_(align_up(size)) {
        if (size_ == 0) return;
        data_ = static_cast<std::byte*>(std::aligned_alloc(kDirectIoAlignment, size_));
        SLUICE_CHECK(data_ != nullptr);  // out of memory
    }
    AlignedBuffer(AlignedBuffer&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
        if (this != &other) {
            std::free(data_);
            data_ = std::exchange(other.data_, nullptr);
            size_ = std::exchange(other.size_, 0);
        }
        return *this;
    }
    ~AlignedBuffer() { std::free(data_); }

    std::byte* data() { return data_; }
    const std::byte* data() const { return data_; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    MutableByteSpan span() { return {data_, size_}; }
    ByteSpan span() const { return {data_, size_}; }

private:
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace sluice
