// A growable array of trivially copyable values that does not zero what it is about to overwrite.
//
// std::vector writes every element twice when bytes are decoded or copied into it; on the write
// path that is measurable. Capacity is kept by clear(), so a reused vector stops allocating.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

#include "sluice/base/check.h"

namespace sluice {

template <typename T>
class PodVector {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

public:
    PodVector() = default;
    PodVector(const PodVector&) = delete;
    PodVector& operator=(const PodVector&) = delete;
    PodVector(PodVector&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)) {}
    PodVector& operator=(PodVector&& other) noexcept {
        if (this != &other) {
            std::free(data_);
            data_ = std::exchange(other.data_, nullptr);
            size_ = std::exchange(other.size_, 0);
            capacity_ = std::exchange(other.capacity_, 0);
        }
        return *this;
    }
    ~PodVector() { std::free(data_); }

    std::size_t size() const { return size_; }
    std::size_t capacity() const { return capacity_; }
    bool empty() const { return size_ == 0; }
    T* data() { return data_; }
    const T* data() const { return data_; }
    T* begin() { return data_; }
    T* end() { return data_ + size_; }
    const T* begin() const { return data_; }
    const T* end() const { return data_ + size_; }
    T& operator[](std::size_t i) { return data_[i]; }
    const T& operator[](std::size_t i) const { return data_[i]; }
    T& back() { return data_[size_ - 1]; }
    const T& back() const { return data_[size_ - 1]; }

    void clear() { size_ = 0; }
    void pop_back() { --size_; }

    void reserve(std::size_t capacity) {
        if (capacity > capacity_) grow_to(capacity);
    }
    void push_back(T value) {
        if (size_ == capacity_) [[unlikely]]
            grow_to(size_ + 1);
        data_[size_++] = value;
    }
    // The new elements hold whatever the memory held.
    T* append_uninitialized(std::size_t count) {
        if (count > capacity_ - size_) [[unlikely]]
            grow_to(size_ + count);
        T* first = data_ + size_;
        size_ += count;
        return first;
    }
    void append(std::span<const T> values) {
        if (values.empty()) return;
        std::memcpy(append_uninitialized(values.size()), values.data(), values.size_bytes());
    }
    void append_copies(std::size_t count, T value) {
        T* first = append_uninitialized(count);
        for (std::size_t i = 0; i < count; ++i) first[i] = value;
    }
    void resize_uninitialized(std::size_t size) {
        reserve(size);
        size_ = size;
    }
    // Gives back memory beyond `capacity_max` elements; for reused vectors after an outlier.
    void shrink_capacity(std::size_t capacity_max) {
        if (capacity_ <= capacity_max || size_ > capacity_max) return;
        reallocate(capacity_max);
    }

private:
    void grow_to(std::size_t wanted) {
        std::size_t capacity = capacity_ < 16 ? 16 : capacity_ + capacity_ / 2;
        reallocate(capacity < wanted ? wanted : capacity);
    }
    void reallocate(std::size_t capacity) {
        void* moved = std::realloc(static_cast<void*>(data_), capacity * sizeof(T));
        SLUICE_CHECK(moved != nullptr || capacity == 0);  // out of memory
        data_ = static_cast<T*>(moved);
        capacity_ = capacity;
    }

    T* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace sluice
