// Suspended coroutines in the order they came. Shared by Event and Limiter.
#pragma once

#include <cstddef>

namespace sluice::io::detail {

// `Node` has members `Node* previous` and `Node* next`.
template <class Node>
class WaitList {
public:
    bool empty() const { return first_ == nullptr; }
    Node* first() const { return first_; }
    void push_back(Node& node) {
        node.previous = last_;
        node.next = nullptr;
        (last_ == nullptr ? first_ : last_->next) = &node;
        last_ = &node;
    }
    void push_front(Node& node) {
        node.previous = nullptr;
        node.next = first_;
        (first_ == nullptr ? last_ : first_->previous) = &node;
        first_ = &node;
    }
    void remove(Node& node) {
        (node.previous == nullptr ? first_ : node.previous->next) = node.next;
        (node.next == nullptr ? last_ : node.next->previous) = node.previous;
    }
    Node& pop_front() {
        Node& node = *first_;
        remove(node);
        return node;
    }

private:
    Node* first_ = nullptr;
    Node* last_ = nullptr;
};

}  // namespace sluice::io::detail
