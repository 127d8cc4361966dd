// A map from names to shared immutable values that is cheap to copy and to change a little.
//
// A hash trie with 32 branches (Bagwell, "Ideal Hash Trees", 2001; nodes split into values and
// children as in Steindorfer and Vinju's CHAMP, 2015). A copy shares every node; a change copies
// the path to what it changes, so ten thousand changes of a map of ten thousand names cost ten
// thousand paths and not a hundred million entries. Nodes that carry the caller's `edit` number
// were made by the same edit, are not yet shared with anybody, and are changed in place.
//
// T has a public member `name`. Reading is safe from any thread; changing needs a copy of one's
// own.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/hash.h"

namespace sluice::meta {

template <typename T>
class NameMap {
public:
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

    // Valid as long as this map or a copy that has not replaced the name.
    const T* find(std::string_view name) const {
        const std::shared_ptr<const T>* found = find_shared(name);
        return found == nullptr ? nullptr : found->get();
    }

    const std::shared_ptr<const T>* find_shared(std::string_view name) const {
        const std::uint64_t hash = hash_bytes(name);
        const Node* node = root_.get();
        for (unsigned shift = 0; node != nullptr; shift += kBitsPerLevel) {
            if (shift >= kBitsMax) return node->find_in_list(name);
            const std::uint32_t bit = bit_of(hash, shift);
            if ((node->value_bits & bit) != 0) {
                const std::shared_ptr<const T>& value = node->values[rank(node->value_bits, bit)];
                return value->name == name ? &value : nullptr;
            }
            if ((node->child_bits & bit) == 0) return nullptr;
            node = node->children[rank(node->child_bits, bit)].get();
        }
        return nullptr;
    }

    // Adds `value` or replaces the one of the same name. `edit` is not 0.
    void set(std::shared_ptr<const T> value, std::uint64_t edit) {
        const std::uint64_t hash = hash_bytes(value->name);
        if (set_in(root_, std::move(value), hash, 0, edit)) ++size_;
    }

    // Removes a name, or returns false when there is no such name. Nodes that become empty stay.
    bool erase(std::string_view name, std::uint64_t edit) {
        if (find_shared(name) == nullptr) return false;
        const std::uint64_t hash = hash_bytes(name);
        Node* node = &own(root_, edit);
        for (unsigned shift = 0; shift < kBitsMax; shift += kBitsPerLevel) {
            const std::uint32_t bit = bit_of(hash, shift);
            if ((node->value_bits & bit) != 0) {
                node->values.erase(node->values.begin() +
                                   static_cast<std::ptrdiff_t>(rank(node->value_bits, bit)));
                node->value_bits &= ~bit;
                --size_;
                return true;
            }
            node = &own(node->children[rank(node->child_bits, bit)], edit);
        }
        std::erase_if(node->values, [&](const auto& value) { return value->name == name; });
        --size_;
        return true;
    }

    // Calls `f` for each value, in no particular order.
    template <typename F>
    void for_each(F&& f) const {
        if (root_ != nullptr) visit(*root_, f);
    }

private:
    static constexpr unsigned kBitsPerLevel = 5;
    // Twelve levels use up 60 bits of the hash; names that agree in them share a list.
    static constexpr unsigned kBitsMax = 60;

    struct Node {
        std::uint64_t edit = 0;
        std::uint32_t value_bits = 0;
        std::uint32_t child_bits = 0;
        std::vector<std::shared_ptr<const T>> values;
        std::vector<std::shared_ptr<Node>> children;

        const std::shared_ptr<const T>* find_in_list(std::string_view name) const {
            for (const auto& value : values) {
                if (value->name == name) return &value;
            }
            return nullptr;
        }
    };

    static std::uint32_t bit_of(std::uint64_t hash, unsigned shift) {
        return std::uint32_t{1} << ((hash >> shift) & 31);
    }
    static std::size_t rank(std::uint32_t bits, std::uint32_t bit) {
        return static_cast<std::size_t>(std::popcount(bits & (bit - 1)));
    }

    static Node& own(std::shared_ptr<Node>& node, std::uint64_t edit) {
        if (node == nullptr) {
            node = std::make_shared<Node>();
        } else if (node->edit != edit) {
            node = std::make_shared<Node>(*node);
        }
        node->edit = edit;
        return *node;
    }

    // Returns true when the name is new.
    static bool set_in(std::shared_ptr<Node>& slot, std::shared_ptr<const T> value,
                       std::uint64_t hash, unsigned shift, std::uint64_t edit) {
        Node& node = own(slot, edit);
        if (shift >= kBitsMax) return set_in_list(node, std::move(value));
        const std::uint32_t bit = bit_of(hash, shift);
        if ((node.child_bits & bit) != 0) {
            return set_in(node.children[rank(node.child_bits, bit)], std::move(value), hash,
                          shift + kBitsPerLevel, edit);
        }
        const auto at = static_cast<std::ptrdiff_t>(rank(node.value_bits, bit));
        if ((node.value_bits & bit) == 0) {
            node.values.insert(node.values.begin() + at, std::move(value));
            node.value_bits |= bit;
            return true;
        }
        std::shared_ptr<const T>& present = node.values[static_cast<std::size_t>(at)];
        if (present->name == value->name) {
            present = std::move(value);
            return false;
        }
        // Two names under one branch: both move one level down.
        std::shared_ptr<Node> child;
        const std::uint64_t present_hash = hash_bytes(present->name);
        set_in(child, std::move(present), present_hash, shift + kBitsPerLevel, edit);
        set_in(child, std::move(value), hash, shift + kBitsPerLevel, edit);
        node.values.erase(node.values.begin() + at);
        node.value_bits &= ~bit;
        const auto child_at = static_cast<std::ptrdiff_t>(rank(node.child_bits, bit));
        node.children.insert(node.children.begin() + child_at, std::move(child));
        node.child_bits |= bit;
        return true;
    }

    static bool set_in_list(Node& node, std::shared_ptr<const T> value) {
        for (auto& present : node.values) {
            if (present->name != value->name) continue;
            present = std::move(value);
            return false;
        }
        node.values.push_back(std::move(value));
        return true;
    }

    template <typename F>
    static void visit(const Node& node, F& f) {
        for (const auto& value : node.values) f(*value);
        for (const auto& child : node.children) visit(*child, f);
    }

    std::shared_ptr<Node> root_;
    std::size_t size_ = 0;
};

}  // namespace sluice::meta
