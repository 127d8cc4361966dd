#include "server/auth/fair_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "sluice/base/random.h"

namespace sluice::server {
namespace {

using Entry = FairQueue::Entry;

TEST(FairQueue, TakesTurnsByClient) {
    FairQueue queue(100, 100);
    std::array<Entry, 6> entries;
    EXPECT_EQ(queue.push("a", entries[0]), nullptr);
    EXPECT_EQ(queue.push("a", entries[1]), nullptr);
    EXPECT_EQ(queue.push("a", entries[2]), nullptr);
    EXPECT_EQ(queue.push("b", entries[3]), nullptr);
    EXPECT_EQ(queue.push("c", entries[4]), nullptr);
    EXPECT_EQ(queue.push("b", entries[5]), nullptr);
    EXPECT_EQ(queue.size(), 6u);
    for (const int i : {0, 3, 4, 1, 5, 2}) EXPECT_EQ(queue.pop(), &entries[i]) << i;
    EXPECT_EQ(queue.pop(), nullptr);
    EXPECT_TRUE(queue.empty());
}

TEST(FairQueue, HasABoundForEachClient) {
    FairQueue queue(100, 2);
    std::array<Entry, 4> entries;
    EXPECT_EQ(queue.push("a", entries[0]), nullptr);
    EXPECT_EQ(queue.push("a", entries[1]), nullptr);
    EXPECT_EQ(queue.push("a", entries[2]), &entries[2]);
    EXPECT_TRUE(entries[2].refused);
    EXPECT_EQ(queue.push("b", entries[3]), nullptr);
    EXPECT_EQ(queue.pop(), &entries[0]);
    EXPECT_EQ(queue.pop(), &entries[3]);
    EXPECT_EQ(queue.pop(), &entries[1]);
    EXPECT_EQ(queue.pop(), nullptr);
    EXPECT_FALSE(entries[0].refused);
}

TEST(FairQueue, WhoeverHasTheMostMakesRoom) {
    FairQueue queue(3, 3);
    std::array<Entry, 6> entries;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(queue.push("a", entries[i]), nullptr);
    EXPECT_EQ(queue.push("b", entries[3]), &entries[2]);
    EXPECT_EQ(queue.push("c", entries[4]), &entries[1]);
    EXPECT_TRUE(entries[1].refused && entries[2].refused);
    EXPECT_EQ(queue.size(), 3u);
    // Now all have the same.
    EXPECT_EQ(queue.push("d", entries[5]), &entries[5]);
    EXPECT_EQ(queue.size(), 3u);
    for (const int i : {0, 3, 4}) EXPECT_EQ(queue.pop(), &entries[i]) << i;
    EXPECT_EQ(queue.pop(), nullptr);
    Entry again;
    EXPECT_EQ(queue.push("d", again), nullptr);
    EXPECT_EQ(queue.pop(), &again);
}

// The same rules without any index: clients in the order of their turns, each with its entries.
class PlainQueue {
public:
    PlainQueue(std::size_t entries_max, std::size_t of_client_max)
        : entries_max_(entries_max), of_client_max_(of_client_max) {}

    int push(const std::string& client, int entry) {
        std::size_t own = place_of(client);
        if (own == clients_.size()) clients_.push_back({client, {}});
        clients_[own].second.push_back(entry);
        if (clients_[own].second.size() > of_client_max_) return take_last(own);
        if (size() <= entries_max_) return -1;
        std::size_t most = own;
        for (std::size_t i = 0; i < clients_.size(); ++i) {
            if (clients_[i].second.size() > clients_[most].second.size()) most = i;
        }
        return take_last(most);
    }
    int pop() {
        if (clients_.empty()) return -1;
        auto first = clients_.front();
        clients_.pop_front();
        const int entry = first.second.front();
        first.second.pop_front();
        if (!first.second.empty()) clients_.push_back(first);
        return entry;
    }
    std::size_t size() const {
        std::size_t count = 0;
        for (const auto& client : clients_) count += client.second.size();
        return count;
    }

private:
    std::size_t place_of(const std::string& client) const {
        std::size_t i = 0;
        while (i < clients_.size() && clients_[i].first != client) ++i;
        return i;
    }
    int take_last(std::size_t client) {
        const int entry = clients_[client].second.back();
        clients_[client].second.pop_back();
        if (clients_[client].second.empty()) {
            clients_.erase(clients_.begin() + static_cast<std::ptrdiff_t>(client));
        }
        return entry;
    }

    const std::size_t entries_max_;
    const std::size_t of_client_max_;
    std::deque<std::pair<std::string, std::deque<int>>> clients_;
};

TEST(FairQueue, DoesWhatThePlainQueueDoes) {
    Random random(1);
    for (int round = 0; round < 200; ++round) {
        const std::size_t entries_max = 1 + random.below(12);
        const std::size_t of_client_max = 1 + random.below(5);
        FairQueue queue(entries_max, of_client_max);
        PlainQueue plain(entries_max, of_client_max);
        std::vector<std::unique_ptr<Entry>> entries;
        std::map<const Entry*, int> numbers;
        const auto number_of = [&](const Entry* entry) {
            return entry == nullptr ? -1 : numbers.at(entry);
        };
        for (int step = 0; step < 300; ++step) {
            if (random.chance(0.4)) {
                ASSERT_EQ(number_of(queue.pop()), plain.pop());
            } else {
                const auto number = static_cast<int>(entries.size());
                Entry& entry = *entries.emplace_back(std::make_unique<Entry>());
                numbers[&entry] = number;
                const std::string client(1, static_cast<char>('a' + random.below(4)));
                Entry* const refused = queue.push(client, entry);
                ASSERT_EQ(number_of(refused), plain.push(client, number));
                if (refused != nullptr) {
                    ASSERT_TRUE(refused->refused);
                }
            }
            ASSERT_EQ(queue.size(), plain.size());
            ASSERT_EQ(queue.empty(), plain.size() == 0);
            ASSERT_LE(queue.size(), entries_max);
        }
    }
}

TEST(FairQueue, KnowsANetworkOfIPv6AsOneClient) {
    EXPECT_EQ(queue_client("10.0.0.7"), "10.0.0.7");
    EXPECT_EQ(queue_client("2001:db8:1:2::7"), queue_client("2001:db8:1:2:ffff::8"));
    EXPECT_NE(queue_client("2001:db8:1:2::7"), queue_client("2001:db8:1:3::7"));
    EXPECT_NE(queue_client("::ffff:10.0.0.7"), queue_client("::ffff:10.0.0.8"));
    EXPECT_EQ(queue_client(""), "");
}

}  // namespace
}  // namespace sluice::server
