#include "server/services/client_shares.h"

#include "server/services/access_log.h"
#include "sluice/base/address_block.h"
#include "sluice/base/check.h"

namespace sluice::server {

std::string ClientShares::meet(std::string_view address, std::int64_t now_ns) {
    if (!limits()) return {};
    std::string block = address_block(peer_host(address));
    const bool is_another = !latest_.empty() && latest_ != block;
    if (is_another || clients_.size() > 1) several_ns_ = now_ns;
    if (is_another || latest_.empty()) latest_ = block;
    set_binds(several_ns_ != 0 && now_ns - several_ns_ < kRememberNs);
    return block;
}

void ClientShares::set_binds(bool binds) {
    if (binds == binds_) return;
    binds_ = binds;
    for (auto& [block, client] : clients_) {
        client.bodies.bytes_max = binds ? part_of(body_bytes_max_) : engine::ClientBodies::kNoBound;
    }
}

ClientShares::Client* ClientShares::find(std::string_view block) {
    const auto found = clients_.find(block);
    return found == clients_.end() ? nullptr : &found->second;
}

ClientShares::Client* ClientShares::greedy(std::uint64_t fair) {
    for (auto& [block, client] : clients_) {
        if (is_full(client, fair)) return &client;
    }
    return nullptr;
}

ClientShares::Place ClientShares::join(std::string block) {
    if (!limits()) return {};
    const auto [entry, is_new] = clients_.try_emplace(std::move(block));
    if (is_new && binds_) entry->second.bodies.bytes_max = part_of(body_bytes_max_);
    ++entry->second.connections;
    ++connections_;
    return {*this, *entry};
}

void ClientShares::leave(Place::Entry& entry) {
    SLUICE_CHECK(entry.second.connections != 0 && connections_ != 0);
    --connections_;
    if (--entry.second.connections != 0) return;
    SLUICE_CHECK(entry.second.bodies.bytes == 0);
    clients_.erase(clients_.find(entry.first));
}

}  // namespace sluice::server
