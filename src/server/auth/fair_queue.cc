#include "server/auth/fair_queue.h"

#include <arpa/inet.h>

#include <algorithm>

#include "sluice/base/check.h"

namespace sluice::server {

std::string queue_client(std::string_view host) {
    std::string name(host);
    unsigned char bytes[16];
    if (name.find(':') == name.npos || inet_pton(AF_INET6, name.c_str(), bytes) != 1) return name;
    constexpr unsigned char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    if (std::equal(std::begin(kMapped), std::end(kMapped), bytes)) return name;
    return {reinterpret_cast<const char*>(bytes), 8};
}

FairQueue::Client& FairQueue::client_named(std::string_view name) {
    const auto [place, is_new] = by_name_.try_emplace(std::string(name));
    if (is_new) {
        clients_.push_back({std::string(name), {}});
        place->second = std::prev(clients_.end());
    }
    return *place->second;
}

FairQueue::Entry* FairQueue::refuse_youngest(Client& client) {
    SLUICE_CHECK(!client.waiting.empty() && count_ > 0);
    Entry* const entry = client.waiting.back();
    client.waiting.pop_back();
    --count_;
    entry->refused = true;
    return entry;
}

FairQueue::Entry* FairQueue::push(std::string_view client, Entry& entry) {
    Client& own = client_named(client);
    own.waiting.push_back(&entry);
    ++count_;
    if (own.waiting.size() > of_client_max_) return refuse_youngest(own);
    if (count_ <= entries_max_) return nullptr;
    // Of equals the newcomer goes: it stands last.
    Client* most = &own;
    for (Client& each : clients_) {
        if (each.waiting.size() > most->waiting.size()) most = &each;
    }
    Entry* const refused = refuse_youngest(*most);
    if (most->waiting.empty()) {
        by_name_.erase(most->name);
        clients_.remove_if([most](const Client& each) { return &each == most; });
    }
    return refused;
}

FairQueue::Entry* FairQueue::pop() {
    if (clients_.empty()) return nullptr;
    const auto first = clients_.begin();
    SLUICE_CHECK(!first->waiting.empty() && count_ > 0);
    Entry* const entry = first->waiting.front();
    first->waiting.pop_front();
    --count_;
    if (first->waiting.empty()) {
        by_name_.erase(first->name);
        clients_.erase(first);
    } else {
        clients_.splice(clients_.end(), clients_, first);
    }
    return entry;
}

}  // namespace sluice::server
